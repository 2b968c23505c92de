import uuid

import django.db.models.deletion
import django.db.models.expressions
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("labeling", "0004_texts_of_jobs"),
    ]

    operations = [
        migrations.CreateModel(
            name="Batch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("number", models.PositiveSmallIntegerField(editable=False)),
                ("name", models.CharField(max_length=80, verbose_name="name")),
                (
                    "category",
                    models.CharField(
                        blank=True,
                        choices=[("Portrait", "Portrait"), ("Product", "Product"), ("Digital", "Digital")],
                        max_length=12,
                        verbose_name="category",
                    ),
                ),
                ("priority", models.SmallIntegerField(default=0, verbose_name="priority")),
                ("due", models.DateField(blank=True, null=True, verbose_name="due")),
                ("closed", models.BooleanField(default=False, verbose_name="closed")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
        ),
        migrations.RemoveIndex(
            model_name="candidate",
            name="candidate_fresh",
        ),
        migrations.RemoveIndex(
            model_name="candidate",
            name="candidate_half",
        ),
        migrations.RemoveIndex(
            model_name="candidate",
            name="candidate_disputed",
        ),
        migrations.AddField(
            model_name="candidate",
            name="batch",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="candidate",
            name="lane",
            field=models.PositiveSmallIntegerField(default=0),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="membership",
            name="categories",
            field=models.JSONField(blank=True, default=list, verbose_name="categories"),
        ),
        migrations.AddField(
            model_name="membership",
            name="daily_cap",
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="answers a day at most"),
        ),
        migrations.AlterField(
            model_name="event",
            name="kind",
            field=models.CharField(
                choices=[
                    ("project_created", "project created"),
                    ("settings_changed", "settings changed"),
                    ("archived", "project archived"),
                    ("brought_back", "project brought back from the archive"),
                    ("batch_changed", "batch changed"),
                    ("member_changed", "member changed"),
                    ("invitation_made", "invitation made"),
                    ("invitation_revoked", "invitation revoked"),
                    ("guideline_published", "guideline published"),
                    ("guideline_read", "guideline read"),
                    ("imported", "imported"),
                    ("queued", "entered the queue"),
                    ("task_changed", "task changed"),
                    ("image_replaced", "image replaced"),
                    ("conflict_resolved", "import conflict resolved"),
                    ("leased", "taken"),
                    ("released", "released"),
                    ("submitted", "answered"),
                    ("edited", "answer edited"),
                    ("undone", "answer taken back"),
                    ("surplus", "answer kept, not counted"),
                    ("skipped", "skipped"),
                    ("flagged", "flagged"),
                    ("flag_answered", "flag answered"),
                    ("dispute_ready", "dispute ready for adjudication"),
                    ("adjudicated", "adjudicated blind"),
                    ("confirmed", "adjudication confirmed or revised"),
                    ("decided_elsewhere", "decision imported"),
                    ("held", "held"),
                    ("unheld", "back to the queue"),
                    ("withdrawn", "withdrawn"),
                    ("reopened", "reopened"),
                    ("batched", "put into a batch"),
                    ("example_added", "made an example"),
                    ("example_changed", "caption of the example changed"),
                    ("example_removed", "no longer an example"),
                    ("examples_ordered", "order of the examples changed"),
                    ("voided", "answer voided"),
                    ("surplus_reviewed", "surplus answer reviewed"),
                    ("exported", "exported"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.CheckConstraint(
                condition=models.Q(("daily_cap", None), ("daily_cap__gte", 1), _connector="OR"), name="membership_daily_cap"
            ),
        ),
        migrations.AddField(
            model_name="batch",
            name="people",
            field=models.ManyToManyField(blank=True, related_name="batches", to=settings.AUTH_USER_MODEL, verbose_name="people"),
        ),
        migrations.AddField(
            model_name="batch",
            name="project",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="batches", to="labeling.project"),
        ),
        migrations.AddConstraint(
            model_name="batch",
            constraint=models.UniqueConstraint(fields=("project", "number"), name="batch_one_per_number"),
        ),
        migrations.AddConstraint(
            model_name="batch",
            constraint=models.UniqueConstraint(fields=("project", "name"), name="batch_one_per_name"),
        ),
        migrations.AddConstraint(
            model_name="batch",
            constraint=models.CheckConstraint(condition=models.Q(("number__gte", 1), ("number__lte", 8000)), name="batch_number"),
        ),
        migrations.AddConstraint(
            model_name="batch",
            constraint=models.CheckConstraint(condition=models.Q(("name", ""), _negated=True), name="batch_name"),
        ),
        migrations.AddConstraint(
            model_name="batch",
            constraint=models.CheckConstraint(
                condition=models.Q(("category__in", ["", "Portrait", "Product", "Digital"])), name="batch_category"
            ),
        ),
        migrations.AddConstraint(
            model_name="batch",
            constraint=models.CheckConstraint(condition=models.Q(("priority__gte", -100), ("priority__lte", 100)), name="batch_priority"),
        ),
    ]
