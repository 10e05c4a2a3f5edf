from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registry", "0002_model_cards")]

    operations = [
        migrations.AddIndex(
            model_name="modelversion",
            index=models.Index(
                fields=["content_digest"],
                condition=models.Q(("frozen_at__isnull", False)),
                name="registry_version_by_digest",
            ),
        ),
    ]
