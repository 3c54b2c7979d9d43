using System.Globalization;
using Sockeye.Takeover.Tests.Support;

namespace Sockeye.Takeover.Tests;

/// <summary>Processes that take over from each other under load, and that are killed meanwhile.</summary>
[Collection("descriptors")]
public sealed class ProcessTests
{
    private const string FreePorts = "0,0";

    /// <summary>Connections and upgrades of each engine; SOCKEYE_TAKEOVER_LOAD sets others, such as "400 10". The command
    /// bench/Sockeye.Upgrade makes larger runs.</summary>
    private static readonly int[] Size =
    [
        .. (Environment.GetEnvironmentVariable("SOCKEYE_TAKEOVER_LOAD") ?? "100 3").Split(' ')
            .Select(size => int.Parse(size, CultureInfo.InvariantCulture)),
    ];

    public static TheoryData<string> Transports => TakeoverWorld.Transports;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, MemberData(nameof(Transports))]
    public async Task Upgrades_under_load_lose_no_connection_and_no_byte(string engine)
    {
        await using var world = new TakeoverWorld();
        var node = TakeoverNode.Start(engine, FreePorts, world.Path);
        try
        {
            var ports = await node.GetPortsAsync();
            using var load = new EchoLoad(ports);
            await load.ConnectAsync(Size[0]);
            load.Visit();
            for (var i = 0; i < Size[1]; i++)
            {
                var next = TakeoverNode.Start(engine, ports, world.Path);
                Assert.Equal(ports, await next.GetPortsAsync());
                await EndOf(node);
                Assert.True(node.ExitCode == 0, node.Output);
                node.Dispose();
                node = next;
                var answers = load.Answers;
                await TestWait.UntilAsync(() => load.Answers > answers + Size[0]);
            }

            await load.EndAsync();
            Assert.Equal((0, 0, 0), (load.FailedConnects, load.Lost, load.Wrong));
            TestContext.Current.SendDiagnosticMessage(
                $"{engine}: {load.Answers} answers, the slowest after {load.SlowestAnswer.TotalMilliseconds:0} ms, "
                    + $"{load.Connects} connects. " + node.Output);
        }
        finally
        {
            node.Dispose();
        }
    }

    /// <summary>At CompleteSent, the successor has promised to serve alone.</summary>
    [Fact]
    public async Task Clients_are_served_when_the_new_process_is_killed_at_each_step()
    {
        await using var world = new TakeoverWorld();
        using var old = TakeoverNode.Start("epoll", FreePorts, world.Path);
        var ports = await old.GetPortsAsync();
        foreach (var step in Enum.GetValues<TakeoverStep>().Where(step => step < TakeoverStep.CompleteSent))
        {
            await KillAsync(ports, step, async () =>
            {
                using var young = TakeoverNode.Start("epoll", ports, world.Path, step);
                await KilledAt(step, young);
            });
            Assert.False(old.HasExited, old.Output);
        }
    }

    [Fact]
    public async Task Clients_are_served_when_the_old_process_is_killed_at_each_step()
    {
        await using var world = new TakeoverWorld();
        var steps = Enum.GetValues<TakeoverStep>().Where(step => step >= TakeoverStep.SuccessorConnected).ToList();
        var old = TakeoverNode.Start("epoll", FreePorts, world.Path, steps[0]);
        try
        {
            var ports = await old.GetPortsAsync();
            foreach (var (index, step) in steps.Index())
            {
                await KillAsync(ports, step, async () =>
                {
                    // The one that survives is the next one to be killed.
                    var young = TakeoverNode.Start(
                        "epoll", ports, world.Path, index + 1 < steps.Count ? steps[index + 1] : null);
                    await KilledAt(step, old);
                    old.Dispose();
                    old = young;
                    Assert.Equal(ports, await young.GetPortsAsync());
                });
            }
        }
        finally
        {
            old.Dispose();
        }
    }

    /// <summary>Kills a process under load: no client gets a wrong answer, or waits for ever, and new ones are served.</summary>
    private static async Task KillAsync(string ports, TakeoverStep step, Func<Task> kill)
    {
        using var load = new EchoLoad(ports);
        await load.ConnectAsync(10);
        await kill();
        Assert.Equal((step, null), (step, await Record.ExceptionAsync(load.EndAsync)));
        Assert.Equal((step, 0), (step, load.Wrong));

        using var later = new EchoLoad(ports);
        await later.ConnectAsync(10);
        await TestWait.UntilAsync(() => later.Answers > 30, () => $"Clients are not served after {step}.");
        await later.EndAsync();
        Assert.Equal((step, 0, 0, 0), (step, later.FailedConnects, later.Lost, later.Wrong));
    }

    private static async Task KilledAt(TakeoverStep step, ServerProcess victim)
    {
        await EndOf(victim);
        Assert.True(victim.ExitCode == 137, $"{step}: {victim.ExitCode}, {victim.Output}"); // SIGKILL
    }

    private static Task EndOf(ServerProcess node) => node.Ended.WaitAsync(TestWait.Limit, Cancelled);
}
