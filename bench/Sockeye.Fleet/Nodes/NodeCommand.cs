using System.Globalization;

namespace Sockeye.Fleet.Nodes;

/// <summary>
/// The program as a child of itself: one node. It prints its port on standard output, answers questions on standard input, and ends
/// with it, so that no node outlives the run.
/// </summary>
internal static class NodeCommand
{
    public const string Port = "PORT";
    public const string Others = "OTHERS";
    public const string Collect = "COLLECT";
    public const string Sends = "SENDS";
    public const string Event = "EVENT";

    public static async Task<int> RunAsync(string server, string name, string broker, TimeProvider time)
    {
        var node = server switch
        {
            ServerNames.Sockeye => await SockeyeNode.StartAsync(name, broker, time),
            ServerNames.SignalR => await SignalRNode.StartAsync(broker, messagePack: false),
            ServerNames.MessagePack => await SignalRNode.StartAsync(broker, messagePack: true),
            _ => throw new ArgumentException($"There is no server {server}.", nameof(server)),
        };
        Console.WriteLine($"{Port} {node.Port}");
        while (await Console.In.ReadLineAsync() is { } question)
        {
            if (question == Others)
                Console.WriteLine($"{Others} {node.OtherNodes?.ToString(CultureInfo.InvariantCulture)}");
            else if (question == Collect)
                Console.WriteLine($"{Collect} {CollectGarbage()}");
            else if (question == Sends)
                Console.WriteLine($"{Sends} {node.Sends}");
        }

        // Some have foreground threads.
        Environment.Exit(0);
        return 0;
    }

    /// <summary>So that the memory of the process is what it holds, not what it has not yet freed.</summary>
    private static long CollectGarbage()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        return GC.GetTotalMemory(forceFullCollection: false);
    }
}
