using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests.Attacks;

/// <summary>
/// Clients whose network is cut without a FIN, as by a pulled cable or a lost power supply, over the kernel's TCP: they are ended
/// in the time that was asked for, for the right reason, and others are served meanwhile.
/// </summary>
public sealed class HalfOpenPeerTests
{
    private const int DoomedClients = 10;
    private const string LostByTheNetwork = "Network Timeout Both, the peer no longer answers";

    /// <summary>Each timeout of these tests is a few seconds; without it a server waits for two minutes and more.</summary>
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(40);

    [Theory, ClassData<EachCut>]
    public Task Silent_peers_are_ended_by_keep_alive_while_others_are_served(Cut cut, string engine) =>
        EndedAsync(cut, engine, LostByTheNetwork, "--echo", "--keep-alive", "1s");

    [Theory, ClassData<EachCut>]
    public Task Silent_peers_are_ended_by_the_idle_timeout_while_others_are_served(Cut cut, string engine) =>
        EndedAsync(cut, engine, "nothing was received or sent for 3 s (--idle-timeout)", "--echo", "--idle-timeout", "3s");

    [Theory, ClassData<EachCut>]
    public Task Peers_that_acknowledge_no_data_are_ended_by_the_user_timeout_while_others_are_served(Cut cut, string engine) =>
        NewsEndsAsync(cut, engine, LostByTheNetwork, "--user-timeout", "2s");

    [Theory, ClassData<EachCut>]
    public Task Unacknowledged_data_does_not_keep_a_connection_from_being_idle(Cut cut, string engine) =>
        // Longer than above: each good client waits for a process, on a machine that may be busy.
        NewsEndsAsync(cut, engine, "nothing was received or sent for 6 s", "--idle-timeout", "6s");

    /// <summary>After the cut the server has something to send: a line that is added to a file.</summary>
    private static async Task NewsEndsAsync(Cut cut, string engine, string reason, params string[] options)
    {
        var news = Path.GetTempFileName();
        try
        {
            // From the first line on: the news may be there before the command has come to wait for them.
            var mode = $"""read -r line; echo "$line"; test "$line" = hello || exec tail -n +1 -f {news}""";
            await EndedAsync(
                cut, engine, reason, ["--sh-exec", mode, .. options],
                hasBeenCut: () => File.AppendAllTextAsync(news, "news\n", TestContext.Current.CancellationToken));
        }
        finally
        {
            File.Delete(news);
        }
    }

    private static Task EndedAsync(Cut cut, string engine, string reason, params string[] options) =>
        EndedAsync(cut, engine, reason, options, () => Task.CompletedTask);

    private static async Task EndedAsync(Cut cut, string engine, string reason, string[] options, Func<Task> hasBeenCut)
    {
        await using var networks = await TestNetworks.CreateAsync();
        var server = await networks.ListenAsync(["--verbose", "--engine", engine, .. options]);
        await using var siege = await networks.BeginSiegeAsync(server);
        var doomed = new List<Peer>();
        try
        {
            for (var i = 0; i < DoomedClients; i++)
                doomed.Add(await networks.ConnectDoomedAsync(server));
            foreach (var peer in doomed)
            {
                await peer.SendAsync("news, please\n");
                Assert.Equal("news, please", await peer.ReadLineAsync());
            }

            await networks.CutAsync(cut);
            await hasBeenCut();

            // The whole wait is bounded: the lines of good clients never end.
            await AllAreEndedAsync(server, reason).WaitAsync(Bound, TimeProvider.System);
            await siege.HoldAsync(goodClients: 20);
            await siege.AssertHeldAsync(megabytes: 150);
        }
        finally
        {
            foreach (var peer in doomed)
                peer.Dispose();
        }
    }

    private static async Task AllAreEndedAsync(ToolProcess server, string reason)
    {
        for (var ended = 0; ended < DoomedClients; ended++)
        {
            var line = await server.WaitForErrorAsync($" {TestNetworks.DoomedAddress}:");
            Assert.Contains("ended after", line, StringComparison.Ordinal);
            Assert.Contains(reason, line, StringComparison.Ordinal);
        }
    }

    /// <summary>Both kinds of cut, with every engine.</summary>
    private sealed class EachCut : TheoryData<Cut, string>
    {
        public EachCut()
        {
            Add(Cut.LinkDown, "auto");
            Add(Cut.RepliesLost, "epoll");
            Add(Cut.LinkDown, "sockets");
        }
    }
}
