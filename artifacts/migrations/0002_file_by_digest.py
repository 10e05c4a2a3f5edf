from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("artifacts", "0001_initial")]

    operations = [
        migrations.AddIndex(
            model_name="artifactfile",
            index=models.Index(fields=["sha256"], condition=models.Q(("live", True)), name="artifacts_file_by_digest"),
        ),
    ]
