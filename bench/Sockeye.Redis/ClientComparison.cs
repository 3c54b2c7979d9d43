using System.Diagnostics;
using System.Text;
using StackExchange.Redis;

namespace Sockeye.Redis;

/// <summary>
/// CPU time of this process for one operation: GET and SET of 100 bytes by 50 callers on one connection, each client in turn.
/// </summary>
internal static class ClientComparison
{
    private const int Callers = 50;
    private const int OperationsPerCaller = 4000;
    private const int Rounds = 7;

    private static readonly byte[][] Keys = [.. Enumerable.Range(0, Callers).Select(each => Encoding.ASCII.GetBytes($"key:{each}"))];
    private static readonly byte[] Value = new byte[100];

    public static async Task RunAsync()
    {
        using var redis = await RedisProcess.StartRedisAsync(processor: null);
        await using var multiplexer = await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{redis.Port}");
        var database = multiplexer.GetDatabase();
        var client = new SockeyeClient();
        await using var requests = await ConnectAsync(client, redis.Port, isInline: false);
        await using var inline = await ConnectAsync(client, redis.Port, isInline: true);
        (string Name, Func<byte[], Task> Operate)[] clients =
        [
            ("StackExchange.Redis", key => OperateAsync(database, key)),
            ("Sockeye", key => OperateAsync(requests, key)),
            ("Sockeye, inline", key => OperateAsync(inline, key)),
        ];
        foreach (var (_, operate) in clients)
            await MeasureAsync(operate);

        var times = clients.ToDictionary(each => each.Name, _ => new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            foreach (var (name, operate) in clients)
                times[name].Add(await MeasureAsync(operate));
        }

        var reference = Median(times[clients[0].Name]);
        Console.WriteLine($"CPU µs of the client for one operation: {Callers} callers, one connection, median of {Rounds} rounds");
        foreach (var (name, each) in times)
            Console.WriteLine($"{name,-20} {Median(each),6:0.00}   ÷ StackExchange.Redis {Median(each) / reference:0.00}");
    }

    private static async Task<RequestConnection<RedisCommand, byte[]>> ConnectAsync(SockeyeClient client, int port, bool isInline) =>
        (await client.ConnectAsync("127.0.0.1", port)).AsMessages(new ReplyDecoder(), new CommandEncoder())
            .AsRequests(options: new() { UnsafeContinueInline = isInline });

    private static async Task OperateAsync(IDatabase database, byte[] key)
    {
        for (var i = 0; i < OperationsPerCaller; i += 2)
        {
            await database.StringSetAsync(key, Value);
            Check((byte[]?)await database.StringGetAsync(key));
        }
    }

    private static async Task OperateAsync(RequestConnection<RedisCommand, byte[]> requests, byte[] key)
    {
        for (var i = 0; i < OperationsPerCaller; i += 2)
        {
            await requests.SendAsync(new(key, Value));
            Check(await requests.SendAsync(new(key, null)));
        }
    }

    private static void Check(byte[]? value)
    {
        if (value?.Length != Value.Length)
            throw new InvalidDataException($"The value has {value?.Length} bytes.");
    }

    /// <summary>Returns the CPU time of one operation in microseconds.</summary>
    private static async Task<double> MeasureAsync(Func<byte[], Task> operate)
    {
        using var process = Process.GetCurrentProcess();
        var before = process.TotalProcessorTime;
        await Task.WhenAll(Keys.Select(key => Task.Run(() => operate(key))));
        process.Refresh();
        return (process.TotalProcessorTime - before).TotalMicroseconds / (Callers * OperationsPerCaller);
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
