"""What routes ask for: the settings, the database, the user behind the token, a connection to read data with.

`async` where nothing waits: a sync dependency costs a change of thread.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Request
from fastapi.security import OAuth2PasswordBearer
from sqlmodel import SQLModel

from api import users
from api.database import Database
from api.limits import Limiter
from api.metrics import Metrics
from api.reader import Reader, Tables, gate
from api.security import InvalidTokenError, read_token
from api.settings import Settings

NOT_LOGGED_IN = "The token is missing, expired or not valid: get one at POST /user/login."

_bearer = OAuth2PasswordBearer(
    tokenUrl="user/login",
    auto_error=False,
    scheme_name="login",
    description="Log in with the name and the password you registered; the token lasts 30 minutes by default.",
)
TokenDep = Annotated[str | None, Depends(_bearer)]


async def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


async def _database(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


async def _metrics(request: Request) -> Metrics:
    metrics: Metrics = request.app.state.metrics
    return metrics


async def _limiter(request: Request) -> Limiter:
    limiter: Limiter = request.app.state.limiter
    return limiter


async def _address(request: Request) -> str:
    return request.client.host if request.client else ""


SettingsDep = Annotated[Settings, Depends(_settings)]
DatabaseDep = Annotated[Database, Depends(_database)]
MetricsDep = Annotated[Metrics, Depends(_metrics)]
LimiterDep = Annotated[Limiter, Depends(_limiter)]
AddressDep = Annotated[str, Depends(_address)]  # of the caller, behind the proxies that are trusted


def refused() -> HTTPException:
    """401, with one and the same answer whatever is wrong."""
    return HTTPException(401, NOT_LOGGED_IN, {"WWW-Authenticate": "Bearer"})


def current_user(settings: SettingsDep, db: DatabaseDep, token: TokenDep) -> users.Member:
    """The user the token was made for; 401 when it holds no longer."""
    try:
        user = users.member(db, read_token(token or "", settings))
    except InvalidTokenError:
        user = None
    if user is None:
        raise refused()
    return user


CurrentUser = Annotated[users.Member, Depends(current_user)]


@asynccontextmanager
async def reading(request: Request, token: str | None, tables: Tables) -> AsyncIterator[Reader]:
    """A `Reader` of these tables for who holds a good token; 401 otherwise.

    The token is checked on the connection that then reads, which is given back before the answer is sent.
    """
    state = request.app.state
    try:
        claim = read_token(token or "", state.settings)
    except InvalidTokenError:
        raise refused() from None
    async with state.database.connection() as connection:
        account, version = await gate(connection, claim.user_id, tables)
        if not users.token_holds(account, claim):
            raise refused()
        yield Reader(connection, claim.user_id, tables, version, request)


def reads(*tables: type[SQLModel]) -> Any:
    """A dependency: a reader of these tables."""

    async def reader(request: Request, token: TokenDep) -> AsyncIterator[Reader]:
        async with reading(request, token, tables) as read:
            yield read

    return Depends(reader, scope="function")
