"""The fields of every form look alike, and say where the fault is."""

from django import forms

from accounts.forms import PageForm


class Sample(PageForm):
    """One field of each kind."""

    text = forms.CharField()
    choice = forms.ChoiceField(choices=[("a", "A")])
    box = forms.BooleanField(required=False)
    boxes = forms.MultipleChoiceField(choices=[("a", "A")], widget=forms.CheckboxSelectMultiple, required=False)


def test_each_kind_of_field_has_the_class_of_its_kind():
    form = Sample()

    assert 'class="form-control"' in str(form["text"])
    assert 'class="form-select"' in str(form["choice"])
    assert 'class="form-check-input"' in str(form["box"])
    assert str(form["boxes"]).count('class="form-check-input"') == 1


def test_a_field_with_an_error_is_marked():
    form = Sample({"choice": "a"})

    assert not form.is_valid()

    assert "is-invalid" in str(form["text"])
    assert "is-invalid" not in str(form["choice"])
