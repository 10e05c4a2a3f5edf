"""The forms of the pages of accounts: they check each field, then let an operation do it."""

from accounts.forms.base import DateInput, OperationForm, PageForm, checked, end_of
from accounts.forms.explain import ExplainForm
from accounts.forms.people import DetailsForm, PersonForm, ReasonForm, ResetPasswordForm, ServiceAccountForm
from accounts.forms.projects import MemberForm, ProjectForm, ProjectSettingsForm, TeamForm
from accounts.forms.roles import GlobalGrantForm, ObjectGrantForm, ProjectGrantForm
from accounts.forms.signing_in import ChangePasswordForm, PasswordAgainForm, SetUpForm, SignInForm
from accounts.forms.tokens import TokenForm

__all__ = [
    "ChangePasswordForm",
    "DateInput",
    "DetailsForm",
    "ExplainForm",
    "GlobalGrantForm",
    "MemberForm",
    "ObjectGrantForm",
    "OperationForm",
    "PageForm",
    "PasswordAgainForm",
    "PersonForm",
    "ProjectForm",
    "ProjectGrantForm",
    "ProjectSettingsForm",
    "ReasonForm",
    "ResetPasswordForm",
    "ServiceAccountForm",
    "SetUpForm",
    "SignInForm",
    "TeamForm",
    "TokenForm",
    "checked",
    "end_of",
]
