using System.Net;
using System.Net.Sockets;
using Sockeye.Cli.Tests.Support;
using Sockeye.Linux;

namespace Sockeye.Cli.Tests.Bench;

/// <summary>Counts what the whole process allocates, so nothing else may run.</summary>
[CollectionDefinition(nameof(LoadAllocationTests), DisableParallelization = true)]
public sealed class Alone;

[Collection(nameof(LoadAllocationTests))]
public sealed class LoadAllocationTests
{
    private const int Connections = 4;
    private const int Messages = 20_000;

    [Theory]
    [InlineData(LinuxEngine.Epoll, "x", 1, null), InlineData(LinuxEngine.Epoll, "x", 16, null)]
    [InlineData(LinuxEngine.Epoll, "{random:8} {counter}", 16, null), InlineData(LinuxEngine.Epoll, "x", 1, 20_000.0)]
    [InlineData(LinuxEngine.Auto, "x", 1, null), InlineData(LinuxEngine.Auto, "x", 16, null)]
    [InlineData(LinuxEngine.Auto, "{random:8} {counter}", 16, null), InlineData(LinuxEngine.Auto, "x", 1, 20_000.0)]
    public async Task Load_allocates_nothing_per_message(LinuxEngine engine, string message, int pipeline, double? rate)
    {
        Programs.SkipUnlessLinux("these engines");
        var messages = new RequestMessages(new(EscapedText.Parse(message, out _)!, seed: 1), codec: null);
        using var server = new CountingEcho(messages.Size);
        await using var transport = new LinuxTransport(new()
        {
            Engine = engine, ThreadCount = 1, Sockets = new() { UnsafePreferInlineScheduling = true },
        });
        await using var session = new LoadSession(new()
        {
            Targets = [server.EndPoint],
            Clients = [new(client => client.Transport = transport)],
            Messages = messages,
            Answer = AnswerText.Parse("echo", out _)!,
            Connections = Connections,
            Pipeline = pipeline,
        });
        await session.OpenAsync(TestContext.Current.CancellationToken);
        var now = BenchClock.Now;
        var recorder = new LoadRecorder(now, long.MaxValue, rate is not null);
        using var dispatcher = rate is null ? null : new LoadDispatcher(new(rate.Value, Arrivals.Poisson, 1, 1), now, recorder);
        var period = new LoadPeriod(recorder, dispatcher);

        session.Begin(period);
        Wait(server.IsWarm); // Code is compiled, pools are filled.
        var before = GC.GetTotalAllocatedBytes(precise: true);
        Wait(server.IsDone);
        var perMessage = (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)Messages;

        period.Stop();
        dispatcher?.Join();
        Assert.True(perMessage < 1, $"{perMessage} bytes a message");
        Assert.Equal(0, session.Errors.Total);
    }

    private static void Wait(ManualResetEventSlim moment) =>
        Assert.True(moment.Wait(ToolProcess.DefaultTimeout, TestContext.Current.CancellationToken));

    /// <summary>An echo server that allocates nothing: a thread for each connection.</summary>
    private sealed class CountingEcho : IDisposable
    {
        private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        private readonly int _size;
        private long _bytes;

        public CountingEcho(int size)
        {
            _size = size;
            _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            _listener.Listen();
            for (var i = 0; i < Connections; i++)
                new Thread(Serve) { IsBackground = true }.Start();
        }

        public EndPoint EndPoint => _listener.LocalEndPoint!;

        public ManualResetEventSlim IsWarm { get; } = new();

        /// <summary>As many messages later.</summary>
        public ManualResetEventSlim IsDone { get; } = new();

        public void Dispose() => _listener.Dispose();

        private void Serve()
        {
            var buffer = new byte[64 * 1024];
            using var connection = _listener.Accept();
            try
            {
                while (connection.Receive(buffer) is > 0 and var length)
                {
                    for (var sent = 0; sent < length;)
                        sent += connection.Send(buffer.AsSpan(sent, length - sent));
                    var messages = Interlocked.Add(ref _bytes, length) / _size;
                    if (messages >= Messages)
                        IsWarm.Set();
                    if (messages >= 2 * Messages)
                        IsDone.Set();
                }
            }
            catch (SocketException)
            {
                // The test has ended.
            }
        }
    }
}
