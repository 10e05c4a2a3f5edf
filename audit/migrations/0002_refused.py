from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(
                fields=["outcome", "-id"],
                condition=models.Q(("object_seq__isnull", True)),
                name="audit_refused",
            ),
        ),
    ]
