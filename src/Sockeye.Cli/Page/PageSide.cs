namespace Sockeye.Cli;

/// <summary>The names of both sides of a connection on the page.</summary>
internal static class PageSide
{
    public const string Client = "client";
    public const string Server = "server";
}
