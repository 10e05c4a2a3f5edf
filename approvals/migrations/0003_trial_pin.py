from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0002_gate_trial"),
    ]

    operations = [
        migrations.RenameField(model_name="gatetrial", old_name="policy", new_name="pin"),
    ]
