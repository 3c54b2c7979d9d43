using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace Sockeye.Linux.Tests;

/// <summary>One line says which engine serves, and why; another what the system cut.</summary>
public sealed class LinuxTransportLogTests
{
    private readonly FakeLogger _log = new();

    [Fact]
    public void Engine_reason_threads_and_scheduling_are_one_line()
    {
        LogOf(new() { Engine = LinuxEngine.Epoll, ThreadCount = 3 });

        var line = _log.LatestRecord;
        Assert.Equal((4000, LogLevel.Information), (line.Id.Id, line.Level));
        Assert.Equal(
            "TCP is served by epoll: requested by the options. Engine threads: 3; handlers run beside them.",
            line.Message);
    }

    [Fact]
    public void Inline_handlers_run_on_the_engine_threads()
    {
        LogOf(new() { Engine = LinuxEngine.Epoll, Sockets = new() { UnsafePreferInlineScheduling = true } });

        Assert.EndsWith(
            $"Engine threads: {Environment.ProcessorCount}; handlers run on them.", _log.LatestRecord.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Backlog_that_the_system_cuts_is_a_warning_with_the_limit_and_the_way_out()
    {
        var limit = BacklogLimit.Read();
        Assert.SkipUnless(limit is < int.MaxValue, "This system has no limit.");

        LogOf(new() { Engine = LinuxEngine.Epoll, Sockets = new() { Backlog = limit + 1 } });

        var line = _log.Collector.GetSnapshot()[1];
        Assert.Equal((4001, LogLevel.Warning), (line.Id.Id, line.Level));
        Assert.Equal(
            $"The backlog is {limit} connections instead of {limit + 1}, because the system caps it: raise the limit by " +
            $"'sysctl -w net.core.somaxconn={limit + 1}', or set a lower Backlog.",
            line.Message);
    }

    [Fact]
    public void Backlog_that_fits_is_not_mentioned()
    {
        LogOf(new() { Engine = LinuxEngine.Epoll, Sockets = new() { Backlog = 1 } });
        LogOf(new() { Engine = LinuxEngine.Epoll });

        Assert.All(_log.Collector.GetSnapshot(), line => Assert.Equal(4000, line.Id.Id));
    }

    private void LogOf(LinuxTransportOptions options)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux has epoll.");
        ((ILoggingTransport)new LinuxTransport(options)).UseLogger(_log);
    }
}
