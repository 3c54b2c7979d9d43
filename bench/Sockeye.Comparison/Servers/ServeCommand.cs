namespace Sockeye.Comparison.Servers;

/// <summary>
/// The program as a child of itself: one server. It prints its port on standard output, answers questions on standard
/// input, and ends with it, so that no server outlives the run.
/// </summary>
internal static class ServeCommand
{
    public const string Port = "PORT";
    public const string Unavailable = "UNAVAILABLE";
    public const string Allocated = "ALLOCATED";

    public static async Task<int> RunAsync(string name, ServerMode mode)
    {
        try
        {
            var endpoint = await DotNetServers.StartAsync(name, mode);
            Console.WriteLine($"{Port} {endpoint.Port}");
        }
        catch (UnavailableException e)
        {
            Console.WriteLine($"{Unavailable} {e.Message}");
            return 0;
        }

        while (Console.ReadLine() is { } question)
        {
            if (question == Allocated)
                Console.WriteLine($"{Allocated} {GC.GetTotalAllocatedBytes(precise: true)}");
        }

        // Some of the servers have foreground threads.
        Environment.Exit(0);
        return 0;
    }
}
