"""Registers approvals with Django."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ApprovalsConfig(AppConfig):
    """Promotion policies, gates, requests, decisions and emergencies."""

    name = "approvals"

    def ready(self) -> None:
        """Stand at the gate of the registry, and say which rows are facts."""
        from approvals import bootstrap, models, promotion, recall_notices, recalled, reliance, stamps, steps
        from approvals.views.promoting import dialog
        from audit import triggers
        from lineage import recalls as lineage_recalls
        from registry import (
            gatekeeping,
            promotion as registry_promotion,
            reliance as registry_reliance,
            stamps as registry_stamps,
        )

        triggers.append_only(models.PolicyVersion)
        triggers.append_only(models.Waiver)
        triggers.append_only(models.RequestComment)
        triggers.append_only(models.ChecklistAnswer)
        triggers.append_only(models.CheckResult)
        triggers.append_only(models.Passage)
        triggers.close_once(models.TierInterval, "until")
        triggers.close_once(models.Decision, "voided_at", "void_reason")
        gatekeeping.register(steps.check_may_enter)
        gatekeeping.witness_roll_backs(steps.witness_roll_back)
        registry_promotion.install(promotion.promote, dialog)
        lineage_recalls.register_teller(recalled.look_again)
        lineage_recalls.register_teller(recall_notices.tell_owners)
        lineage_recalls.register_waivers(recalled.waived_by_requests)
        registry_reliance.register(reliance.versions_asked_for)
        registry_stamps.register(stamps.stamps_of_versions)
        post_migrate.connect(bootstrap.publish_after_migrate, sender=self, dispatch_uid="approvals.bootstrap")
