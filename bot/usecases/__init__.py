"""The use cases, one file each: generate, iterate, history, results, quotas, settings, privacy. They know no adapter."""

from dataclasses import dataclass

from bot.catalog.catalog import Catalog
from bot.usecases.alternatives import Alternatives
from bot.usecases.card_answers import CardAnswers
from bot.usecases.command_forms import CommandForms
from bot.usecases.commands import Commands
from bot.usecases.continuation import Continuation
from bot.usecases.defaults import Defaults
from bot.usecases.find_version import VersionLookup
from bot.usecases.form_drafts import FormDrafts
from bot.usecases.generate import Requests
from bot.usecases.guild_settings import Guilds
from bot.usecases.history import VersionHistory
from bot.usecases.iterate import Iteration
from bot.usecases.joining import Joins
from bot.usecases.plans import Plans
from bot.usecases.post_here import Reposting
from bot.usecases.privacy import MemberPrivacy
from bot.usecases.questions import Questions
from bot.usecases.quotas import Quotas
from bot.usecases.reports import Reports
from bot.usecases.results import Results
from bot.usecases.second_copy import SecondCopyWatch
from bot.usecases.styles import Styles
from bot.usecases.suggestions import Suggestions
from bot.usecases.threads import ResultThreads
from bot.usecases.undo import UndoChanges


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The use cases that the commands call. help_notes: paragraphs that the operator adds to /help."""

    requests: Requests
    cards: CardAnswers
    second_copy: SecondCopyWatch
    versions: VersionLookup
    iteration: Iteration
    continuation: Continuation
    joins: Joins
    questions: Questions
    drafts: FormDrafts
    alternatives: Alternatives
    suggestions: Suggestions
    commands: Commands
    command_forms: CommandForms
    styles: Styles
    defaults: Defaults
    threads: ResultThreads
    history: VersionHistory
    reposting: Reposting
    quotas: Quotas
    plans: Plans
    undo: UndoChanges
    guilds: Guilds
    results: Results
    reports: Reports
    privacy: MemberPrivacy
    catalog: Catalog
    help_notes: tuple[str, ...] = ()
