namespace Sockeye.Cli.Tests.Doctor;

/// <summary>Findings from recorded texts of the kernel and of systemd.</summary>
public sealed class DoctorFindingTests
{
    private const string Sockstat = "sockets: used 100\nTCP: inuse 5 orphan 0 tw 950 alloc 7 mem 2000\nUDP: inuse 1 mem 9\n";

    [Theory]
    [InlineData(10, 100, "ok")]
    [InlineData(75, 100, "note")]
    [InlineData(95, 100, "problem")]
    public void Table_of_tracked_connections_has_a_verdict_by_its_fill(int count, int max, string verdict)
    {
        var finding = NetworkFindings.Tracking(count, max)!;

        Assert.Equal(verdict, $"{finding.Verdict}".ToLowerInvariant());
        Assert.Equal(verdict == "ok" ? null : "net.netfilter.nf_conntrack_max = 200", finding.Sysctl);
    }

    [Fact]
    public void Small_syn_queue_matters_only_without_cookies()
    {
        Assert.Equal(FindingSeverity.Ok, NetworkFindings.SynQueue(128, 1)!.Verdict);
        Assert.Equal("net.ipv4.tcp_max_syn_backlog = 4096", NetworkFindings.SynQueue(128, 0)!.Sysctl);
        Assert.Equal("net.ipv4.tcp_syncookies = 1", NetworkFindings.SynQueue(4096, 0)!.Sysctl);
        Assert.Null(NetworkFindings.SynQueue(null, 0));
        // A kernel without cookies has no such setting.
        Assert.Equal("4,096", NetworkFindings.SynQueue(4096, null)!.Value);
        Assert.Equal(FindingSeverity.Note, NetworkFindings.SynQueue(128, null)!.Verdict);
    }

    [Fact]
    public void Small_buffer_has_a_remedy_that_keeps_its_first_numbers()
    {
        Assert.Equal(FindingSeverity.Ok, NetworkFindings.Buffer("tcp_rmem", "receives", [4096, 131_072, 6_291_456])!.Verdict);
        var small = NetworkFindings.Buffer("tcp_wmem", "sends", [4096, 16_384, 262_144])!;
        Assert.Equal("net.ipv4.tcp_wmem = 4096 16384 4194304", small.Sysctl);
        Assert.Contains("sends at most 2.6 MB/s", small.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public void Memory_and_time_wait_are_compared_with_their_limits()
    {
        Assert.Equal(FindingSeverity.Ok, NetworkFindings.Memory(Sockstat, [1000, 3000, 4000])!.Verdict);
        Assert.Equal(FindingSeverity.Note, NetworkFindings.Memory(Sockstat, [1000, 1500, 4000])!.Verdict);
        Assert.Equal(FindingSeverity.Problem, NetworkFindings.Memory(Sockstat, [1000, 1500, 1900])!.Verdict);
        Assert.Equal(FindingSeverity.Note, NetworkFindings.TimeWait(Sockstat, 1000)!.Verdict);
        Assert.Equal(FindingSeverity.Ok, NetworkFindings.TimeWait(Sockstat, 10_000)!.Verdict);
        Assert.Null(NetworkFindings.TimeWait(null, 1000));
    }

    [Fact]
    public void Drops_are_a_rate()
    {
        var before = new KernelCounters { ListenOverflows = 100, BacklogDrops = 5 };
        var now = new KernelCounters { ListenOverflows = 110, BacklogDrops = 5 };

        var findings = ListenerFindings.Drops(before, now, TimeSpan.FromSeconds(2)).ToList();

        Assert.Equal(["accept queues full", "socket backlog drops"], findings.Select(finding => finding.Name));
        Assert.Equal(["5/s", "0/s"], findings.Select(finding => finding.Value));
        Assert.Equal([FindingSeverity.Note, FindingSeverity.Ok], findings.Select(finding => finding.Verdict));
    }

    [Fact]
    public void Listening_ports_among_the_local_ports_are_reserved_beside_those_that_are()
    {
        var finding = ListenerFindings.ReservedPorts([443, 40_000, 50_000, 50_000, 60_000], [32_768, 60_999], "40000-40010")!;

        Assert.Equal("50000, 60000", finding.Value);
        Assert.Equal("net.ipv4.ip_local_reserved_ports = 40000-40010,50000,60000", finding.Sysctl);
        Assert.Null(ListenerFindings.ReservedPorts([443], [32_768, 60_999], null));
    }

    [Fact]
    public void Listener_of_a_process_is_judged_by_its_drops_now()
    {
        var listener = new SocketEntry { Cookie = 1, ReceiveQueue = 3, SendQueue = 128, Drops = 10 };
        var later = listener with { Drops = 14 };
        var quiet = listener with { Drops = 0 };

        var dropping = ListenerFindings.OfProcess([listener], [later], TimeSpan.FromSeconds(2)).Single();
        var dropped = ListenerFindings.OfProcess([listener], [listener], TimeSpan.FromSeconds(2)).Single();
        var good = ListenerFindings.OfProcess([quiet], [quiet], TimeSpan.FromSeconds(2)).Single();
        var filling = quiet with { ReceiveQueue = 110 };
        var full = quiet with { ReceiveQueue = 129 };

        Assert.Equal(FindingSeverity.Problem, dropping.Verdict);
        Assert.Equal("3 of 128 to accept, 14 dropped, 2/s now", dropping.Value);
        Assert.Equal(FindingSeverity.Note, dropped.Verdict);
        Assert.Equal(FindingSeverity.Ok, good.Verdict);
        Assert.Equal(
            [FindingSeverity.Note, FindingSeverity.Problem],
            ListenerFindings.OfProcess([], [filling, full], TimeSpan.FromSeconds(2)).Select(finding => finding.Verdict));
    }

    [Theory]
    [InlineData(1024, 4096, 10, "Note")]
    [InlineData(500, 4096, 10, "Problem")]
    [InlineData(120_000, 120_000, 10, "Ok")]
    [InlineData(120_000, 120_000, 110_000, "Problem")]
    public void Descriptors_are_judged_by_limit_and_use(long soft, long hard, long used, string verdict) =>
        Assert.Equal(verdict, $"{ProcessFindings.Descriptors((soft, hard), used)!.Verdict}");

    [Fact]
    public void Control_group_has_a_unit_and_memory()
    {
        var group = ControlGroup.Find("12:pids:/old\n0::/system.slice/orders.service/sub\n");
        Dictionary<string, string> files = new()
        {
            ["/sys/fs/cgroup/system.slice/orders.service/sub/memory.current"] = "990000000",
            ["/sys/fs/cgroup/system.slice/orders.service/sub/memory.max"] = "1000000000",
            ["/sys/fs/cgroup/system.slice/orders.service/sub/memory.events"] = "low 0\noom 2\noom_kill 2\n",
        };

        var findings = ControlGroup.Memory(group, files.GetValueOrDefault).ToList();

        Assert.Equal(("orders.service", false), ControlGroup.GetUnit(group));
        Assert.Equal(
            ("chat.service", true), ControlGroup.GetUnit("/user.slice/user-1000.slice/user@1000.service/app.slice/chat.service"));
        Assert.Equal([FindingSeverity.Problem, FindingSeverity.Note], findings.Select(finding => finding.Verdict));
        Assert.Equal("2 times", findings[1].Value);
        Assert.Null(ControlGroup.GetUnit("/user.slice"));
        Assert.Empty(ControlGroup.Memory("/gone", _ => null));
    }

    [Fact]
    public void Memory_is_that_which_the_kernel_cannot_free_below_the_nearest_limit_of_all_groups()
    {
        Dictionary<string, string> files = new()
        {
            ["/sys/fs/cgroup/pods/web/memory.current"] = $"{900 << 20}",
            ["/sys/fs/cgroup/pods/web/memory.stat"] = $"anon 1\ninactive_file {800 << 20}\n",
            ["/sys/fs/cgroup/pods/web/memory.max"] = $"{910 << 20}",
            ["/sys/fs/cgroup/pods/memory.current"] = $"{950 << 20}",
            ["/sys/fs/cgroup/pods/memory.max"] = $"{1000 << 20}",
        };

        var above = ControlGroup.Memory("/pods/web", files.GetValueOrDefault).Single();
        files["/sys/fs/cgroup/pods/memory.max"] = "max";
        var own = ControlGroup.Memory("/pods/web", files.GetValueOrDefault).Single();
        files["/sys/fs/cgroup/pods/web/memory.max"] = "max";
        var none = ControlGroup.Memory("/pods/web", files.GetValueOrDefault).Single();

        Assert.Equal(("950 of 1,000 MiB, the limit of /pods", FindingSeverity.Problem), (above.Value, above.Verdict));
        Assert.Equal(("100 of 910 MiB", FindingSeverity.Ok), (own.Value, own.Verdict)); // 800 MiB are files that were read.
        Assert.Equal("100 MiB, no limit", none.Value);
    }

    [Fact]
    public void Unit_that_systemd_does_not_know_has_no_findings_from_its_defaults() => Assert.Single(
        UnitFindings.Parse("gone.service", "LoadState=not-found\nTimeoutStopUSec=1min 30s\nRestart=no\n"));

    [Fact]
    public void Unit_has_its_timeouts()
    {
        var findings = UnitFindings.Parse(
            "orders.service",
            "LoadState=loaded\nTimeoutStopUSec=infinity\nTimeoutStartUSec=1min 30s\nRestart=no\nNRestarts=3\nWatchdogUSec=0\n");

        var verdicts = findings.ToDictionary(finding => finding.Name, finding => (finding.Value, finding.Verdict));
        Assert.Equal(("infinity", FindingSeverity.Note), verdicts["TimeoutStopSec"]);
        Assert.Equal(("1min 30s", FindingSeverity.Ok), verdicts["TimeoutStartSec"]);
        Assert.Equal(("no", FindingSeverity.Note), verdicts["Restart"]);
        Assert.Equal(("3", FindingSeverity.Note), verdicts["restarts"]);
        Assert.Equal(("off", FindingSeverity.Ok), verdicts["WatchdogSec"]);
        Assert.Single(UnitFindings.Parse("orders.service", ""));
    }

    [Fact]
    public void Remedies_are_below_their_reasons()
    {
        var text = SysctlFile.Format(
        [
            new("a", "1", FindingSeverity.Note, "Too small.") { Sysctl = "net.a = 2" },
            new("b", "1", FindingSeverity.Ok),
            new("c", "1", FindingSeverity.Note, "The same.") { Sysctl = "net.a = 2" },
        ]);

        Assert.Equal(
            "# Written by 'sockeye doctor --write'. Apply it with: sysctl -p FILE\n\n# a is 1. Too small.\nnet.a = 2\n", text);
        Assert.Contains("# Nothing to change", SysctlFile.Format([]), StringComparison.Ordinal);
    }
}
