namespace Sockeye.Fleet.Nodes;

/// <summary>One server of a fleet, in this process, until it ends.</summary>
internal interface INode
{
    int Port { get; }

    /// <summary>How many other nodes it sees; null if it cannot say.</summary>
    int? OtherNodes { get; }

    /// <summary>The results of the lines that it has sent to users; null if it learns of none.</summary>
    SendCounts? Sends { get; }
}
