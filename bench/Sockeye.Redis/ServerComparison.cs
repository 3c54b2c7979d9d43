using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Sockeye.Redis;

/// <summary>
/// CPU time of a server for one operation of redis-benchmark: <c>samples/redis-server.cs</c> beside redis-server, each on
/// processor 0, in turn.
/// </summary>
internal static class ServerComparison
{
    private const int TestsOfAll = 4; // ping has two forms.
    private const int Rounds = 5;
    private const int WarmUpRounds = 4; // until the runtime has compiled the server's final code

    public static async Task RunAsync()
    {
        var folder = Path.Combine(Path.GetTempPath(), $"sockeye-redis-{Environment.ProcessId}");
        await RunAsync("dotnet", "build", SamplePath(), "-c", "Release", "-o", folder, "-v:q");
        using var redis = await RedisProcess.StartRedisAsync(processor: 0);
        using var sample = await RedisProcess.StartAsync(0, Path.Combine(folder, "redis-server"), port => [$"{port}"]);
        (string Name, RedisProcess Server)[] servers = [("redis-server", redis), ("samples/redis-server.cs", sample)];
        Console.WriteLine($"CPU µs of the server for one operation, median of {Rounds} rounds");
        foreach (var pipeline in (int[])[16, 1])
        {
            var times = servers.ToDictionary(each => each.Name, _ => new List<double>());
            for (var round = -WarmUpRounds; round < Rounds; round++)
            {
                foreach (var (name, server) in servers)
                {
                    var before = server.CpuTime;
                    var operations = pipeline * 12_500;
                    await BenchmarkAsync(server.Port, pipeline, operations);
                    if (round >= 0)
                        times[name].Add((server.CpuTime - before).TotalMicroseconds / (operations * TestsOfAll));
                }
            }

            var reference = times[servers[0].Name].Order().ElementAt(Rounds / 2);
            foreach (var (name, each) in times)
            {
                var median = each.Order().ElementAt(Rounds / 2);
                Console.WriteLine($"-P {pipeline,-2}  {name,-24} {median,6:0.00}   ÷ redis-server {median / reference:0.00}");
            }
        }

        Directory.Delete(folder, recursive: true);
    }

    private static Task BenchmarkAsync(int port, int pipeline, int operations) => RunAsync(
        "taskset", "-c", $"{Environment.ProcessorCount - 1}", "redis-benchmark", "-p", $"{port}", "-t", "ping,set,get",
        "-P", $"{pipeline}", "-n", $"{operations}", "-q");

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })
            ?? throw new InvalidOperationException($"{program} did not start.");
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program} ended with exit code {process.ExitCode}: {output}");
    }

    private static string SamplePath([CallerFilePath] string file = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file)!, "../../samples/redis-server.cs"));
}
