using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Extensions.Time.Testing;

namespace Sockeye.Tests.Systemd;

/// <summary>Each datagram to systemd, in the documented form (sd_notify(3)), and the reports of running servers.</summary>
public sealed class SystemdNotifierTests : IDisposable
{
    private readonly string _name = $"@sockeye-test-{Environment.ProcessId}-{Interlocked.Increment(ref _last)}";
    private readonly Socket? _systemd;
    private static int _last;

    public SystemdNotifierTests()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "systemd is of Linux.");
        _systemd = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        _systemd.Bind(new UnixDomainSocketEndPoint("\0" + _name[1..]));
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _systemd?.Dispose();

    [Fact]
    public async Task Each_message_has_the_documented_form()
    {
        using var notifier = Create();
        Assert.True(notifier.Ready());
        Assert.Equal("READY=1", await ReceiveAsync());
        notifier.Stopping();
        Assert.Equal("STOPPING=1", await ReceiveAsync());
        notifier.Status("two\nlines");
        Assert.Equal(@"STATUS=two\x0Alines", await ReceiveAsync());
        notifier.Watchdog();
        Assert.Equal("WATCHDOG=1", await ReceiveAsync());
        notifier.ExtendTimeout(TimeSpan.FromSeconds(1.5));
        Assert.Equal("EXTEND_TIMEOUT_USEC=1500000", await ReceiveAsync());
        notifier.MainProcess(4711);
        Assert.Equal("MAINPID=4711", await ReceiveAsync());
        notifier.Remove("web");
        Assert.Equal("FDSTOREREMOVE=1\nFDNAME=web", await ReceiveAsync());
    }

    [Fact]
    public async Task Reloading_has_the_time_of_the_monotonic_clock()
    {
        using var notifier = Create();
        var before = Uptime();
        notifier.Reloading();
        var lines = (await ReceiveAsync()).Split('\n');
        Assert.Equal("RELOADING=1", lines[0]);
        var time = long.Parse(lines[1]["MONOTONIC_USEC=".Length..], CultureInfo.InvariantCulture);
        Assert.InRange(time, before - 20_000, Uptime() + 20_000); // /proc/uptime has steps of 10 ms.

        static long Uptime() =>
            (long)(double.Parse(File.ReadAllText("/proc/uptime").Split(' ')[0], CultureInfo.InvariantCulture) * 1_000_000);
    }

    [Fact]
    public void Stored_descriptors_travel_with_their_name_in_messages_of_253()
    {
        using var notifier = Create();
        Assert.True(notifier.Store("web", [.. Enumerable.Repeat<SafeHandle>(_systemd!.SafeHandle, 254)]));
        foreach (var count in (int[])[253, 1])
        {
            var buffer = new byte[100];
            var length = DescriptorMessage.Receive(_systemd, buffer, out var descriptors);
            Assert.Equal("FDSTORE=1\nFDNAME=web", Encoding.ASCII.GetString(buffer, 0, length));
            Assert.Equal(count, descriptors.Count);
            foreach (var descriptor in descriptors)
                descriptor.Dispose();
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("a:b")]
    [InlineData("a b")]
    [InlineData("ä")]
    public void Name_that_the_store_does_not_take_is_refused(string name)
    {
        using var notifier = Create();
        Assert.Contains("is not a name of the descriptor store",
            Assert.Throws<ArgumentException>(() => notifier.Store(name, [])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Barrier_ends_when_systemd_closes_its_descriptor()
    {
        using var notifier = Create();
        var waiting = notifier.BarrierAsync(TimeSpan.FromMinutes(1));
        var buffer = new byte[100];
        var length = DescriptorMessage.Receive(_systemd!, buffer, out var descriptors);
        Assert.Equal("BARRIER=1", Encoding.ASCII.GetString(buffer, 0, length));
        var descriptor = Assert.Single(descriptors);
        Assert.False(waiting.IsCompleted);
        descriptor.Dispose();
        Assert.True(await waiting.WaitAsync(Cancelled));
    }

    [Fact]
    public async Task Barrier_ends_without_a_confirmation_when_its_time_is_over_or_systemd_is_gone()
    {
        using var notifier = Create();
        var time = new FakeTimeProvider();
        var waiting = notifier.BarrierAsync(TimeSpan.FromSeconds(10), time);
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.False(await waiting.WaitAsync(Cancelled));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => notifier.BarrierAsync(TimeSpan.Zero));
        _systemd!.Dispose();
        Assert.False(await notifier.BarrierAsync(TimeSpan.FromMinutes(1)));
    }

    /// <summary>The queue of a socket has room for few datagrams (net.unix.max_dgram_qlen).</summary>
    [Fact]
    public async Task Barrier_waits_while_the_queue_of_systemd_is_full()
    {
        using var notifier = Create();
        var sent = 0;
        while (notifier.Ready())
            sent++;
        var waiting = notifier.BarrierAsync(TimeSpan.FromMinutes(1));
        for (; sent > 0; sent--)
            Assert.Equal("READY=1", await ReceiveAsync());
        Assert.Equal("BARRIER=1", await ReceiveAsync()); // Its descriptor is closed, because nothing takes it.
        Assert.True(await waiting.WaitAsync(Cancelled));
    }

    [Fact]
    public void Manager_that_is_gone_is_no_error()
    {
        using var notifier = Create();
        _systemd!.Dispose();
        Assert.False(notifier.Ready());
    }

    [Fact]
    public void Variables_are_for_this_process_and_invalid_ones_are_named()
    {
        Assert.Null(Create("WATCHDOG_USEC=1", notify: null));
        using var other = Create("WATCHDOG_USEC=3000000 WATCHDOG_PID=1", _name);
        Assert.Null(other!.WatchdogTimeout);
        using var own = Create("WATCHDOG_USEC=3000000 WATCHDOG_PID=42", _name);
        Assert.Equal(TimeSpan.FromSeconds(3), own!.WatchdogTimeout);
        Assert.Null(own.MaxStored);
        using var store = Create("FDSTORE=64", _name);
        Assert.Equal(64, store!.MaxStored);
        Assert.Contains("FDSTORE is \"some\"",
            Assert.Throws<InvalidOperationException>(() => Create("FDSTORE=some", _name)).Message, StringComparison.Ordinal);
        Assert.Contains("NOTIFY_SOCKET is \"relative\"",
            Assert.Throws<InvalidOperationException>(() => Create("", "relative")).Message, StringComparison.Ordinal);
        Assert.Contains("WATCHDOG_USEC is \"soon\"",
            Assert.Throws<InvalidOperationException>(() => Create("WATCHDOG_USEC=soon", _name)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reporter_sends_the_status_and_the_watchdog_while_threads_run_and_neither_hides_a_hang()
    {
        var transport = new HangingTransport();
        await using var server = await SockeyeServer.StartAsync(
            options =>
            {
                options.Transport = transport;
                options.ListenLocalhost(0).Run(static _ => Task.CompletedTask);
            },
            Cancelled);
        using var notifier = Create("WATCHDOG_USEC=60000 WATCHDOG_PID=42", _name)!;
        await using var reporter = new SystemdReporter(notifier, () => [server], () => "a note");
        Assert.Equal(TimeSpan.FromMilliseconds(20), reporter.Period);
        Assert.Equal("STATUS=a note. 0 connections.", await ReceiveAsync());
        Assert.Equal("WATCHDOG=1", await ReceiveAsync());
        Assert.Equal("WATCHDOG=1", await ReceiveAsync());

        transport.Check = new();
        await transport.Checked.Task.WaitAsync(Cancelled);
        Drain();
        await transport.Checked.Task;
        Assert.Equal(0, _systemd!.Available); // The thread does not run.
        transport.Check.SetResult();
        Assert.Equal("WATCHDOG=1", await ReceiveAsync());
    }

    [Fact]
    public async Task Status_is_sent_once_though_two_threads_report_it()
    {
        var round = 0;
        using var notifier = Create();
        await using var reporter = new SystemdReporter(notifier, () => [], () => $"{round}");
        Assert.Equal("STATUS=0. 0 connections.", await ReceiveAsync());
        using var barrier = new Barrier(2);
        void ReportTogether()
        {
            barrier.SignalAndWait(Cancelled);
            reporter.Report();
        }

        while (++round < 1000)
        {
            await Task.WhenAll(Task.Run(ReportTogether, Cancelled), Task.Run(ReportTogether, Cancelled));
            Assert.Equal($"STATUS={round}. 0 connections.", await ReceiveAsync());
            Assert.Equal(0, _systemd!.Available);
        }
    }

    [Fact]
    public async Task Status_that_systemd_has_not_taken_is_sent_again()
    {
        var note = "first";
        using var notifier = Create();
        await using var reporter = new SystemdReporter(notifier, () => [], () => note);
        Assert.Equal("STATUS=first. 0 connections.", await ReceiveAsync());
        while (notifier.Ready())
        {
            // Until the queue is full.
        }

        note = "second";
        reporter.Report();
        Drain();
        reporter.Report();

        Assert.NotEqual(0, _systemd!.Available);
        Assert.Equal("STATUS=second. 0 connections.", await ReceiveAsync());
    }

    [Fact]
    public async Task Time_to_stop_is_extended_while_connections_drain()
    {
        var (started, finish) = (new TaskCompletionSource(), new TaskCompletionSource());
        var server = await SockeyeServer.StartAsync(
            options => options.ListenLocalhost(0).Run(async _ =>
            {
                started.SetResult();
                await finish.Task;
            }),
            Cancelled);
        using var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(server.EndPoints[0], Cancelled);
        await started.Task.WaitAsync(Cancelled);
        using var notifier = Create();
        await using var reporter = new SystemdReporter(notifier, () => [server]);
        Assert.Equal("STATUS=1 connection.", await ReceiveAsync());
        var stopping = server.StopAsync(Cancelled);
        while (!server.GetLoad().IsStopping)
            await Task.Yield();
        reporter.Report();
        Assert.Equal("EXTEND_TIMEOUT_USEC=15000000", await ReceiveAsync());
        Assert.Equal("STATUS=Stopping: 1 connection left.", await ReceiveAsync());
        finish.SetResult();
        await stopping;
        reporter.Report();
        Assert.StartsWith("STATUS=0 connections.", await ReceiveAsync(), StringComparison.Ordinal);
        await server.DisposeAsync();
    }

    private static SystemdNotifier? Create(string variables, string? notify)
    {
        var all = variables.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(variable => variable.Split('=')).ToDictionary(parts => parts[0], parts => parts[1]);
        if (notify is not null)
            all["NOTIFY_SOCKET"] = notify;
        return SystemdNotifier.Create(all.GetValueOrDefault, 42);
    }

    private SystemdNotifier Create() => Create("", _name)!;

    private void Drain()
    {
        var buffer = new byte[1000];
        while (_systemd!.Available > 0)
            _systemd.Receive(buffer);
    }

    private async Task<string> ReceiveAsync()
    {
        var buffer = new byte[1000];
        return Encoding.UTF8.GetString(buffer, 0, await _systemd!.ReceiveAsync(buffer, Cancelled));
    }

    /// <summary>A transport whose thread hangs while a check is set.</summary>
    private sealed class HangingTransport : Microsoft.AspNetCore.Connections.IConnectionListenerFactory, ILivenessTransport
    {
        public TaskCompletionSource? Check { get; set; }

        public TaskCompletionSource Checked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ValueTask<Microsoft.AspNetCore.Connections.IConnectionListener> BindAsync(
            System.Net.EndPoint endpoint, CancellationToken cancellationToken) =>
            SocketTransport.Shared.BindAsync(endpoint, cancellationToken);

        public Task CheckThreadsAsync()
        {
            if (Check is null)
                return Task.CompletedTask;
            Checked.TrySetResult();
            return Check.Task;
        }
    }
}
