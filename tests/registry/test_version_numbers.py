"""A version number is used once in the life of a name, whatever happens to the models that bear it."""

from uuid import uuid4

from hypothesis import HealthCheck, given, settings, strategies as st

from registry.exceptions import NameTaken
from registry.models import ModelVersion, RegisteredModel
from registry.operations import (
    create_model_version,
    create_registered_model,
    delete_model_version,
    delete_registered_model,
    rename_registered_model,
    restore_registered_model,
)

NAMES = ("a", "b", "c")
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["create", "register", "register", "delete", "rename", "restore"]),
        st.sampled_from(NAMES),
        st.sampled_from(NAMES),
    ),
    max_size=25,
)


def test_numbers_count_up_and_a_deleted_one_stays_used(contributor, register, model):
    numbers = [register().number for _ in range(3)]
    delete_model_version(contributor, ModelVersion.objects.get(number=3))

    assert [*numbers, register().number] == [1, 2, 3, 4]


def test_a_model_made_again_under_the_same_name_goes_on_counting(contributor, register, model, project):
    register()
    delete_registered_model(contributor, model)

    again = create_registered_model(contributor, project, "fraud")

    assert create_model_version(contributor, again, "s3://bucket/fraud").number == 2
    assert RegisteredModel.objects.get(pk=again.pk).next_version == 3


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_no_name_ever_gives_a_number_twice(maintainer, project, steps):
    family = uuid4().hex[:8]
    given_out: dict[str, list[int]] = {name: [] for name in NAMES}
    meaning: dict[tuple[str, int], int] = {}
    for step, one, other in steps:
        _walk(maintainer, project, step, f"{family}-{one}", f"{family}-{other}", given_out, one)
        for version in ModelVersion.objects.filter(model__name__startswith=family, model__lifecycle="active"):
            named = (version.model.name, version.number)
            assert meaning.setdefault(named, version.pk) == version.pk, f"{named} means two versions"
    for numbers in given_out.values():
        assert numbers == sorted(set(numbers))


def _walk(actor, project, step, name, other, given_out, short):
    """Take one step if it can be taken."""
    model = RegisteredModel.objects.filter(name=name, lifecycle="active").first()
    trashed = RegisteredModel.objects.filter(name=name, lifecycle="trashed").order_by("pk").first()
    if step == "create" and model is None:
        create_registered_model(actor, project, name)
    elif step == "register" and model is not None:
        given_out[short].append(create_model_version(actor, model, "s3://bucket/x").number)
    elif step == "delete" and model is not None:
        delete_registered_model(actor, model)
    elif step == "restore" and trashed is not None and model is None:
        restore_registered_model(actor, trashed)
    elif step == "rename" and model is not None:
        try:
            rename_registered_model(actor, model, other)
        except NameTaken:
            return
