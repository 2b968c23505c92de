"""Projects that are there already go on as they were: gold, repeats, audits and second adjudications begin when a lead wants them to."""

from django.db import migrations


def switch_checks_off(apps, schema_editor):
    """Give every project that is there shares of nothing; new ones begin with the defaults."""
    apps.get_model("labeling", "Project").objects.update(gold_share=0, repeat_share=0, audit_share=0, second_share=0)


class Migration(migrations.Migration):
    dependencies = [("labeling", "0013_seats_since_the_last_draw")]
    operations = [migrations.RunPython(switch_checks_off, migrations.RunPython.noop)]
