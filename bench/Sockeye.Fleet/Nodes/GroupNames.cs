namespace Sockeye.Fleet.Nodes;

/// <summary>The groups of the scenarios.</summary>
internal static class GroupNames
{
    /// <summary>Before the name of a group: the connection sends to it without being a member.</summary>
    public const char Outside = '~';

    public const string All = "room";

    /// <summary>On the command line of clients: no group, or no users.</summary>
    public const string None = "-";

    /// <summary>On the command line of clients: a user for each connection.</summary>
    public const string Users = "users";
}
