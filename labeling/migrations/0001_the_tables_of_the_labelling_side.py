import uuid

import django.contrib.auth.models
import django.contrib.auth.validators
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import labeling.models.project


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="Project",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.SlugField(max_length=60, unique=True)),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                ("seed", models.BigIntegerField(default=labeling.models.project.make_seed, editable=False)),
                ("is_sample", models.BooleanField(default=False, editable=False)),
                ("paused", models.BooleanField(default=False, verbose_name="paused")),
                ("reasons_required", models.BooleanField(default=False, verbose_name="a reject needs a reason")),
                (
                    "lease_minutes",
                    models.PositiveSmallIntegerField(
                        default=15,
                        validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(60)],
                        verbose_name="lease length in minutes",
                    ),
                ),
                (
                    "undo_minutes",
                    models.PositiveSmallIntegerField(
                        default=15,
                        validators=[django.core.validators.MaxValueValidator(1440)],
                        verbose_name="undo window in minutes (0 switches it off)",
                    ),
                ),
                (
                    "policy",
                    models.CharField(
                        choices=[
                            ("measured", "measured: one of two seats sees the suggestion, a control share never does"),
                            ("reveal", "reveal: answer blind, then see the suggestion"),
                            ("off", "off: nobody sees a suggestion"),
                            ("all", "all: both seats see the suggestion"),
                        ],
                        default="measured",
                        max_length=12,
                        verbose_name="assistance policy",
                    ),
                ),
                (
                    "control_share",
                    models.PositiveSmallIntegerField(
                        default=20, validators=[django.core.validators.MaxValueValidator(100)], verbose_name="control share in percent"
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("lease_minutes__gte", 1), ("lease_minutes__lte", 60)), name="project_lease_minutes"
                    ),
                    models.CheckConstraint(condition=models.Q(("undo_minutes__lte", 1440)), name="project_undo_minutes"),
                    models.CheckConstraint(condition=models.Q(("control_share__lte", 100)), name="project_control_share"),
                    models.CheckConstraint(condition=models.Q(("policy__in", ["measured", "reveal", "off", "all"])), name="project_policy"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Task",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("project", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="tasks", to="labeling.project")),
                ("external_id", models.CharField(max_length=80)),
                (
                    "category",
                    models.CharField(choices=[("Portrait", "Portrait"), ("Product", "Product"), ("Digital", "Digital")], max_length=12),
                ),
                ("name", models.CharField(max_length=2000)),
                ("brief", models.TextField(blank=True)),
                ("price_usd", models.DecimalField(decimal_places=2, max_digits=12)),
                ("quantity", models.PositiveSmallIntegerField()),
                ("is_editing", models.BooleanField(default=False)),
                ("source_missing", models.BooleanField(default=False)),
                ("version", models.PositiveIntegerField(default=1)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("project", "external_id"), name="task_one_per_external_id"),
                    models.CheckConstraint(condition=models.Q(("quantity__gte", 1), ("quantity__lte", 255)), name="task_quantity"),
                    models.CheckConstraint(condition=models.Q(("price_usd__gte", 0)), name="task_price"),
                    models.CheckConstraint(condition=models.Q(("category__in", ["Portrait", "Product", "Digital"])), name="task_category"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Generator",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.SlugField(max_length=80, unique=True)),
                ("display_name", models.CharField(max_length=120)),
                ("api_price_usd", models.DecimalField(blank=True, decimal_places=9, max_digits=12, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Bundle",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("task", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="bundles", to="labeling.task")),
                (
                    "generator",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="bundles", to="labeling.generator"),
                ),
                ("place", models.BigIntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("task", "generator"), name="bundle_one_per_generator"),
                    models.CheckConstraint(condition=models.Q(("place__gte", 0), ("place__lt", 1099511627776)), name="bundle_place"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Deliverable",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("task", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="deliverables", to="labeling.task")),
                ("number", models.PositiveSmallIntegerField()),
                ("name", models.CharField(max_length=600)),
                ("listed_price_usd", models.DecimalField(blank=True, decimal_places=2, max_digits=12, null=True)),
                ("rules", models.JSONField(blank=True, default=list)),
                ("raw_rules", models.JSONField(blank=True, null=True)),
            ],
            options={
                "ordering": ["task_id", "number"],
                "constraints": [
                    models.UniqueConstraint(fields=("task", "number"), name="deliverable_one_per_number"),
                    models.CheckConstraint(condition=models.Q(("number__gte", 1), ("number__lte", 255)), name="deliverable_number"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Image",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sha256", models.CharField(max_length=64, unique=True)),
                ("format", models.CharField(max_length=8)),
                ("width", models.PositiveIntegerField()),
                ("height", models.PositiveIntegerField()),
                ("byte_size", models.PositiveIntegerField()),
                ("has_alpha", models.BooleanField(default=False)),
                ("dpi", models.PositiveIntegerField(blank=True, null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("format__in", ["JPEG", "PNG", "WEBP"])), name="image_format"),
                    models.CheckConstraint(condition=models.Q(("height__gte", 1), ("width__gte", 1)), name="image_size"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Candidate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "project",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="candidates", to="labeling.project"),
                ),
                ("bundle", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="candidates", to="labeling.bundle")),
                (
                    "deliverable",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="candidates", to="labeling.deliverable"),
                ),
                ("sample", models.PositiveSmallIntegerField(default=1)),
                ("is_submitted_sample", models.BooleanField(default=True)),
                (
                    "image",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="candidates", to="labeling.image"
                    ),
                ),
                ("round", models.PositiveSmallIntegerField(default=1)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("staged", "being imported"),
                            ("open", "open"),
                            ("disputed", "disputed"),
                            ("settled", "settled"),
                            ("held", "held"),
                            ("withdrawn", "withdrawn"),
                        ],
                        default="staged",
                        max_length=10,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=300)),
                ("state_changed_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("sort", models.BigIntegerField()),
                (
                    "q_state",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (0, "no seat taken"),
                            (1, "one seat taken"),
                            (2, "both seats taken"),
                            (3, "needs an adjudicator"),
                            (4, "an adjudicator holds it"),
                            (5, "done"),
                            (6, "held, withdrawn or being imported"),
                        ],
                        default=6,
                    ),
                ),
                ("q_excl", models.BigIntegerField(default=0)),
                ("q_excl2", models.BigIntegerField(default=0)),
                ("ready_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("q_state", 0)), fields=["project", "sort"], name="candidate_fresh"),
                    models.Index(condition=models.Q(("q_state", 1)), fields=["project", "q_excl", "sort"], name="candidate_half"),
                    models.Index(
                        condition=models.Q(("q_state", 3)), fields=["project", "q_excl", "q_excl2", "sort"], name="candidate_disputed"
                    ),
                    models.Index(
                        condition=models.Q(("q_state", 2), ("ready_at__isnull", False)),
                        fields=["project", "ready_at"],
                        name="candidate_ready",
                    ),
                    models.Index(fields=["project", "state", "id"], name="candidate_by_state"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("bundle", "deliverable", "sample"), name="candidate_one_per_sample"),
                    models.UniqueConstraint(
                        condition=models.Q(("is_submitted_sample", True)),
                        fields=("bundle", "deliverable"),
                        name="candidate_one_submitted_sample",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("q_state__in", [0, 1, 2]), ("state", "open")),
                            models.Q(("q_state__in", [2, 3, 4]), ("state", "disputed")),
                            models.Q(("q_state", 5), ("state", "settled")),
                            models.Q(("q_state", 6), ("state__in", ["staged", "held", "withdrawn"])),
                            _connector="OR",
                        ),
                        name="candidate_state",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("q_excl2", 0), ("q_excl__gt", 0), ("q_state", 1)),
                            models.Q(("q_excl2__gt", models.F("q_excl")), ("q_excl__gt", 0), ("q_state", 3)),
                            models.Q(models.Q(("q_state__in", [1, 3]), _negated=True), ("q_excl", 0), ("q_excl2", 0)),
                            _connector="OR",
                        ),
                        name="candidate_exclusions",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("ready_at", None), models.Q(("q_state", 2), ("state", "disputed")), _connector="OR"),
                        name="candidate_ready_at",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("image__isnull", False), ("q_state__gte", 5), _connector="OR"), name="candidate_image"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="User",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                (
                    "username",
                    models.CharField(
                        error_messages={"unique": "A user with that username already exists."},
                        help_text="Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.",
                        max_length=150,
                        unique=True,
                        validators=[django.contrib.auth.validators.UnicodeUsernameValidator()],
                        verbose_name="username",
                    ),
                ),
                ("first_name", models.CharField(blank=True, max_length=150, verbose_name="first name")),
                ("last_name", models.CharField(blank=True, max_length=150, verbose_name="last name")),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="email address")),
                (
                    "is_staff",
                    models.BooleanField(
                        default=False, help_text="Designates whether the user can log into this admin site.", verbose_name="staff status"
                    ),
                ),
                (
                    "is_active",
                    models.BooleanField(
                        default=True,
                        help_text="Designates whether this user should be treated as active. Unselect this instead of deleting accounts.",
                        verbose_name="active",
                    ),
                ),
                ("date_joined", models.DateTimeField(default=django.utils.timezone.now, verbose_name="date joined")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("keys", models.JSONField(blank=True, default=dict)),
                ("language", models.CharField(blank=True, max_length=12)),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
            ],
            options={
                "verbose_name": "user",
                "verbose_name_plural": "users",
                "abstract": False,
            },
            managers=[
                ("objects", django.contrib.auth.models.UserManager()),
            ],
        ),
        migrations.CreateModel(
            name="Assignment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "project",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="assignments", to="labeling.project"),
                ),
                (
                    "candidate",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="assignments", to="labeling.candidate"),
                ),
                (
                    "person",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="assignments", to=settings.AUTH_USER_MODEL),
                ),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("primary", "primary"),
                            ("adjudication", "adjudication"),
                            ("audit", "audit"),
                            ("second_adjudication", "second adjudication"),
                            ("gold", "gold"),
                            ("repeat", "repeat"),
                        ],
                        default="primary",
                        max_length=20,
                    ),
                ),
                ("round", models.PositiveSmallIntegerField(default=1)),
                ("seat", models.PositiveSmallIntegerField(blank=True, null=True)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("leased", "leased"),
                            ("submitted", "submitted"),
                            ("released", "released"),
                            ("surplus", "kept, not counted"),
                            ("void", "void"),
                        ],
                        default="leased",
                        max_length=10,
                    ),
                ),
                ("arm", models.CharField(choices=[("blind", "blind"), ("assisted", "assisted")], default="blind", max_length=10)),
                ("is_prefilled", models.BooleanField(default=False)),
                ("is_ahead", models.BooleanField(default=False)),
                ("leased_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                ("submitted_at", models.DateTimeField(blank=True, null=True)),
                ("editable_until", models.DateTimeField(blank=True, null=True)),
                ("confirmed_at", models.DateTimeField(blank=True, null=True)),
                ("verdict", models.CharField(blank=True, choices=[("accept", "accept"), ("reject", "reject")], max_length=6, null=True)),
                ("release_reason", models.CharField(blank=True, max_length=20)),
                (
                    "late_of",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="late_answers",
                        to="labeling.assignment",
                    ),
                ),
                ("image", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="labeling.image")),
                ("task_version", models.PositiveIntegerField()),
                ("reviewed_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["person", "project", "status", "submitted_at"], name="assignment_by_person"),
                    models.Index(fields=["project", "status", "lease_until"], name="assignment_due"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("status__in", ["leased", "submitted"]), ("purpose", "primary")),
                        fields=("candidate", "round", "seat"),
                        name="assignment_one_per_seat",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("status__in", ["leased", "submitted"]), ("purpose", "adjudication")),
                        fields=("candidate", "round"),
                        name="assignment_one_adjudication",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("status__in", ["leased", "submitted"]), ("purpose", "audit")),
                        fields=("candidate", "round"),
                        name="assignment_one_audit",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("status__in", ["leased", "submitted"]), ("purpose", "second_adjudication")),
                        fields=("candidate", "round"),
                        name="assignment_one_second_adjudication",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("status__in", ["leased", "submitted"]),
                            ("purpose__in", ["primary", "adjudication", "audit", "second_adjudication"]),
                        ),
                        fields=("candidate", "round", "person"),
                        name="assignment_one_per_person",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("status__in", ["leased", "submitted"]), ("purpose__in", ["gold", "repeat"])),
                        fields=("candidate", "person", "purpose"),
                        name="assignment_one_check_per_person",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("status__in", ["leased", "submitted"]), ("is_prefilled", True), ("purpose", "primary")),
                        fields=("candidate", "round"),
                        name="assignment_one_prefilled",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("purpose", "primary"), ("seat__in", [1, 2]), ("seat__isnull", False)),
                            models.Q(models.Q(("purpose", "primary"), _negated=True), ("seat", None)),
                            _connector="OR",
                        ),
                        name="assignment_seat",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("purpose__in", ["primary", "adjudication", "audit", "second_adjudication", "gold", "repeat"])),
                        name="assignment_purpose",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("lease_until__isnull", False), ("status", "leased"), ("submitted_at", None), ("verdict", None)),
                            models.Q(("lease_until", None), ("status", "released"), ("submitted_at", None), ("verdict", None)),
                            models.Q(
                                ("editable_until__isnull", False),
                                ("lease_until", None),
                                ("status__in", ["submitted", "surplus", "void"]),
                                ("submitted_at__isnull", False),
                                ("verdict__in", ["accept", "reject"]),
                                ("verdict__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="assignment_status",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("confirmed_at", None), models.Q(("purpose", "primary"), _negated=True), _connector="OR"),
                        name="assignment_confirmed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("is_prefilled", False), ("arm", "assisted"), _connector="OR"), name="assignment_prefilled_arm"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Guideline",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "project",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="guidelines", to="labeling.project"),
                ),
                ("number", models.PositiveIntegerField()),
                ("body", models.TextField(blank=True)),
                ("published_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("project", "number"), name="guideline_one_per_number")],
            },
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("project", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="events", to="labeling.project")),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "actor",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("project_created", "project created"),
                            ("settings_changed", "settings changed"),
                            ("member_changed", "member changed"),
                            ("guideline_published", "guideline published"),
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
                            ("surplus_reviewed", "surplus answer reviewed"),
                            ("exported", "exported"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "candidate",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="events", to="labeling.candidate"
                    ),
                ),
                (
                    "assignment",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="events", to="labeling.assignment"
                    ),
                ),
                ("candidate_state", models.CharField(blank=True, max_length=10)),
                ("round", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("assignment_status", models.CharField(blank=True, max_length=10)),
                ("data", models.JSONField(blank=True, default=dict)),
            ],
        ),
        migrations.CreateModel(
            name="Answer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "assignment",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="answers", to="labeling.assignment"),
                ),
                ("number", models.PositiveSmallIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("first", "first answer"),
                            ("edit", "edited"),
                            ("undo", "taken back"),
                            ("confirm", "confirmed after the reveal"),
                            ("revise", "revised after the reveal"),
                        ],
                        max_length=8,
                    ),
                ),
                ("verdict", models.CharField(blank=True, choices=[("accept", "accept"), ("reject", "reject")], max_length=6, null=True)),
                ("reasons", models.JSONField(blank=True, default=list)),
                ("note", models.TextField(blank=True)),
                (
                    "reason_class",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("ambiguous_brief", "The brief is ambiguous"),
                            ("taste", "A matter of taste"),
                            ("missed_defect", "A defect was missed"),
                            ("missed_requirement", "A requirement was missed"),
                            ("wrong_by_guideline", "Wrong by the guideline"),
                            ("other", "Other"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "exposure",
                    models.CharField(
                        choices=[("none", "no suggestion"), ("prefilled", "suggestion pre-filled"), ("revealed", "suggestion revealed")],
                        default="none",
                        max_length=10,
                    ),
                ),
                ("model_version", models.CharField(blank=True, max_length=80)),
                ("probability", models.FloatField(blank=True, null=True)),
                (
                    "guideline",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="labeling.guideline"
                    ),
                ),
                ("shown_at", models.DateTimeField(blank=True, null=True)),
                ("answered_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("received_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("active_ms", models.PositiveIntegerField(blank=True, null=True)),
                ("event", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="labeling.event")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("assignment", "number"), name="answer_one_per_number"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "undo"), ("verdict", None)),
                            models.Q(
                                models.Q(("kind", "undo"), _negated=True), ("verdict__in", ["accept", "reject"]), ("verdict__isnull", False)
                            ),
                            _connector="OR",
                        ),
                        name="answer_verdict",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["first", "edit", "undo", "confirm", "revise"])), name="answer_kind"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["confirm", "revise"]), ("reason_class", ""), _connector="OR"),
                        name="answer_reason_class",
                    ),
                    models.CheckConstraint(condition=models.Q(("exposure__in", ["none", "prefilled", "revealed"])), name="answer_exposure"),
                ],
            },
        ),
        migrations.CreateModel(
            name="WalkPosition",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("project", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="labeling.project")),
                ("person", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("sort", models.BigIntegerField()),
                (
                    "bundle",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="labeling.bundle"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("project", "person"), name="walk_position_one_per_person")],
            },
        ),
        migrations.CreateModel(
            name="Skip",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "assignment",
                    models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name="skip", to="labeling.assignment"),
                ),
                (
                    "candidate",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="skips", to="labeling.candidate"),
                ),
                (
                    "person",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="skips", to=settings.AUTH_USER_MODEL),
                ),
                ("round", models.PositiveSmallIntegerField()),
                (
                    "why",
                    models.CharField(
                        choices=[
                            ("broken", "The image is broken"),
                            ("unclear_brief", "The brief is unclear"),
                            ("cannot_judge", "I cannot judge this"),
                            ("personal", "I would rather not look at this"),
                            ("other", "Other"),
                        ],
                        max_length=16,
                    ),
                ),
                ("note", models.TextField(blank=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "indexes": [models.Index(fields=["candidate", "round", "person"], name="skip_by_candidate")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("why__in", ["broken", "unclear_brief", "cannot_judge", "personal", "other"])), name="skip_why"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Flag",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("project", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="flags", to="labeling.project")),
                (
                    "assignment",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="flags", to="labeling.assignment"),
                ),
                ("text", models.TextField()),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("reply", models.TextField(blank=True)),
                (
                    "replied_by",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("replied_at", models.DateTimeField(blank=True, null=True)),
                ("read_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("replied_at", None), ("replied_by", None)),
                            models.Q(("replied_at__isnull", False), ("replied_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="flag_reply",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Receipt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("person", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("key", models.UUIDField()),
                ("body_sha256", models.CharField(max_length=64)),
                ("outcome", models.JSONField(null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("person", "key"), name="receipt_one_per_key")],
            },
        ),
        migrations.CreateModel(
            name="Decision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "candidate",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="decisions", to="labeling.candidate"),
                ),
                ("round", models.PositiveSmallIntegerField()),
                ("verdict", models.CharField(choices=[("accept", "accept"), ("reject", "reject")], max_length=6)),
                (
                    "how",
                    models.CharField(
                        choices=[("consensus", "two equal answers"), ("adjudication", "adjudicated"), ("imported", "imported")],
                        max_length=12,
                    ),
                ),
                ("decided_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("event", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="labeling.event")),
                (
                    "revoked_event",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="labeling.event"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("revoked_event", None)), fields=("candidate",), name="decision_one_current"
                    ),
                    models.CheckConstraint(condition=models.Q(("verdict__in", ["accept", "reject"])), name="decision_verdict"),
                    models.CheckConstraint(condition=models.Q(("how__in", ["consensus", "adjudication", "imported"])), name="decision_how"),
                ],
            },
        ),
        migrations.CreateModel(
            name="PurgePermit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "project",
                    models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name="purge_permit", to="labeling.project"),
                ),
                (
                    "granted_by",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
                ),
                ("reason", models.CharField(max_length=300)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name="Job",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("project", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="jobs", to="labeling.project")),
                ("kind", models.CharField(max_length=40)),
                ("params", models.JSONField(blank=True, default=dict)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "queued"),
                            ("running", "running"),
                            ("done", "done"),
                            ("failed", "failed"),
                            ("cancelled", "cancelled"),
                        ],
                        default="queued",
                        max_length=10,
                    ),
                ),
                ("attempt", models.PositiveSmallIntegerField(default=0)),
                ("fence", models.UUIDField(blank=True, null=True)),
                ("heartbeat_at", models.DateTimeField(blank=True, null=True)),
                ("queued_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("cancel_requested", models.BooleanField(default=False)),
                ("checkpoint", models.JSONField(blank=True, default=dict)),
                ("done", models.PositiveIntegerField(default=0)),
                ("total", models.PositiveIntegerField(blank=True, null=True)),
                ("message", models.CharField(blank=True, max_length=300)),
                ("error", models.TextField(blank=True)),
                ("result", models.JSONField(blank=True, default=dict)),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["state", "heartbeat_at"], name="job_by_state"),
                    models.Index(fields=["project", "-created_at"], name="job_by_project"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["queued", "running", "done", "failed", "cancelled"])), name="job_state"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "running"), _negated=True),
                            models.Q(("fence__isnull", False), ("heartbeat_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="job_running_has_fence",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="JobLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("job", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="lines", to="labeling.job")),
                ("key", models.CharField(max_length=400)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("created", "created"),
                            ("updated", "updated"),
                            ("unchanged", "unchanged"),
                            ("rejected", "rejected"),
                            ("conflict", "conflict"),
                            ("warning", "warning"),
                        ],
                        max_length=10,
                    ),
                ),
                ("file", models.CharField(blank=True, max_length=300)),
                ("line", models.PositiveIntegerField(blank=True, null=True)),
                ("record", models.CharField(blank=True, max_length=200)),
                ("field", models.CharField(blank=True, max_length=200)),
                ("code", models.CharField(blank=True, max_length=40)),
                ("params", models.JSONField(blank=True, default=dict)),
            ],
            options={
                "indexes": [models.Index(fields=["job", "outcome", "id"], name="job_line_by_outcome")],
                "constraints": [models.UniqueConstraint(fields=("job", "key"), name="job_line_one_per_key")],
            },
        ),
        migrations.CreateModel(
            name="ImportConflict",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "project",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="import_conflicts", to="labeling.project"),
                ),
                (
                    "job",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="conflicts", to="labeling.job"
                    ),
                ),
                (
                    "task",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="conflicts", to="labeling.task"
                    ),
                ),
                (
                    "candidate",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="conflicts",
                        to="labeling.candidate",
                    ),
                ),
                ("field", models.CharField(max_length=40)),
                ("old", models.JSONField(default=dict)),
                ("new", models.JSONField(default=dict)),
                (
                    "new_image",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="labeling.image"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "waits for the lead"), ("accepted", "accepted as a new round"), ("dismissed", "dismissed")],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "resolved_by",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("resolved_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("candidate", None), ("task__isnull", False)),
                            models.Q(("candidate__isnull", False), ("task", None)),
                            _connector="OR",
                        ),
                        name="import_conflict_subject",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "open")), fields=("task", "field"), name="import_conflict_one_open_task"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "open")), fields=("candidate", "field"), name="import_conflict_one_open_candidate"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Export",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("project", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="exports", to="labeling.project")),
                (
                    "job",
                    models.OneToOneField(
                        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="export", to="labeling.job"
                    ),
                ),
                ("format", models.CharField(max_length=20)),
                (
                    "cutoff_event",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="labeling.event"
                    ),
                ),
                ("folder", models.CharField(max_length=300)),
                ("manifest", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "project",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="memberships", to="labeling.project"),
                ),
                (
                    "person",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="memberships", to=settings.AUTH_USER_MODEL),
                ),
                ("can_label", models.BooleanField(default=False, verbose_name="annotator")),
                ("can_adjudicate", models.BooleanField(default=False, verbose_name="adjudicator")),
                ("is_lead", models.BooleanField(default=False, verbose_name="lead")),
                ("active", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("project", "person"), name="membership_one_per_person"),
                    models.CheckConstraint(
                        condition=models.Q(("can_label", True), ("can_adjudicate", True), ("is_lead", True), _connector="OR"),
                        name="membership_some_right",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SignInLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="sign_in_links", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("token_sha256", models.CharField(max_length=64, unique=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="TaskVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("task", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="versions", to="labeling.task")),
                ("number", models.PositiveIntegerField()),
                ("document", models.JSONField()),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "event",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="labeling.event"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("task", "number"), name="task_version_one_per_number"),
                    models.CheckConstraint(
                        condition=models.Q(("number", 1), ("event__isnull", False), _connector="OR"), name="task_version_event"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="EvaluationPoint",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("task", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="points", to="labeling.task")),
                ("number", models.PositiveSmallIntegerField()),
                ("point_id", models.CharField(max_length=40)),
                ("text", models.TextField()),
            ],
            options={
                "ordering": ["task_id", "number"],
                "constraints": [models.UniqueConstraint(fields=("task", "number"), name="evaluation_point_one_per_number")],
            },
        ),
        migrations.CreateModel(
            name="Asset",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("task", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="assets", to="labeling.task")),
                ("role", models.CharField(choices=[("reference", "reference"), ("source", "source image")], max_length=12)),
                ("number", models.PositiveSmallIntegerField()),
                (
                    "image",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="labeling.image"
                    ),
                ),
                ("file", models.CharField(blank=True, max_length=300)),
            ],
            options={
                "ordering": ["task_id", "role", "number"],
                "constraints": [
                    models.UniqueConstraint(fields=("task", "role", "number"), name="asset_one_per_number"),
                    models.CheckConstraint(condition=models.Q(("role__in", ["reference", "source"])), name="asset_role"),
                ],
            },
        ),
    ]
