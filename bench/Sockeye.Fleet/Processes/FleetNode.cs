namespace Sockeye.Fleet.Processes;

/// <summary>A node at work.</summary>
/// <param name="name">Its name in the cluster.</param>
/// <param name="process">Its process.</param>
internal sealed class FleetNode(string name, ChildProcess process)
{
    public string Name => name;

    public ChildProcess Process => process;

    /// <summary>The port for clients, once the node has said it.</summary>
    public int Port { get; set; }
}
