import django.db.models.expressions
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("labeling", "0006_the_lane_of_each_candidate")]

    operations = [
        migrations.AddIndex(
            model_name="candidate",
            index=models.Index(condition=models.Q(("q_state", 0)), fields=["project", "batch", "sort"], name="candidate_fresh"),
        ),
        migrations.AddIndex(
            model_name="candidate",
            index=models.Index(condition=models.Q(("q_state", 1)), fields=["project", "batch", "q_excl", "sort"], name="candidate_half"),
        ),
        migrations.AddIndex(
            model_name="candidate",
            index=models.Index(
                condition=models.Q(("q_state", 3)), fields=["project", "batch", "q_excl", "q_excl2", "sort"], name="candidate_disputed"
            ),
        ),
        migrations.AddIndex(
            model_name="candidate",
            index=models.Index(condition=models.Q(("q_state", 0)), fields=["project", "lane", "sort"], name="candidate_fresh_lane"),
        ),
        migrations.AddIndex(
            model_name="candidate",
            index=models.Index(
                condition=models.Q(("q_state", 1)), fields=["project", "lane", "q_excl", "sort"], name="candidate_half_lane"
            ),
        ),
        migrations.AddIndex(
            model_name="candidate",
            index=models.Index(
                condition=models.Q(("q_state", 3)), fields=["project", "lane", "q_excl", "q_excl2", "sort"], name="candidate_disputed_lane"
            ),
        ),
        migrations.AddIndex(
            model_name="candidate",
            index=models.Index(condition=models.Q(("batch__gt", 0)), fields=["project", "batch", "id"], name="candidate_by_batch"),
        ),
        migrations.AddConstraint(
            model_name="candidate",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("lane__gt", django.db.models.expressions.CombinedExpression(models.Value(4), "*", models.F("batch"))),
                    (
                        "lane__lt",
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(models.Value(4), "*", models.F("batch")), "+", models.Value(4)
                        ),
                    ),
                ),
                name="candidate_lane",
            ),
        ),
    ]
