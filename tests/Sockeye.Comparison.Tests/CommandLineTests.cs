using System.CommandLine;
using Sockeye.Comparison.CommandLine;
using Sockeye.Comparison.Running;
using Sockeye.Comparison.Servers;

namespace Sockeye.Comparison.Tests;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("--scenario ping-65", "--scenario ping-65: expected one or more of ping-64, pipelined")]
    [InlineData("--server kestrel,nginx", "--server nginx: expected one or more of ")]
    [InlineData("--rounds 0", "--rounds 0: expected a number from 1 to 1000")]
    [InlineData("--rounds many", "--rounds many: expected a number from 1 to 1000")]
    [InlineData("--window -1", "expected a number of seconds from 0.05 to 600")]
    [InlineData("--processors 1,1", "--processors 1,1: expected two different processors, as in 0,1")]
    [InlineData("--baseline /no/such/program", "--baseline /no/such/program: expected an existing file: Sockeye.Comparison or ")]
    [InlineData("--load uring", "--load uring: expected auto, io_uring, epoll or sockets")]
    public void Wrong_value_is_named_with_what_is_expected(string arguments, string sentence) =>
        Assert.Contains(Parse(arguments).Errors, error => error.Message.Contains(sentence, StringComparison.Ordinal));

    [Fact]
    public void Default_is_everything_five_times()
    {
        var options = Plan("");

        Assert.Equal(5, options.Rounds);
        Assert.Equal(0.6, options.Window.TotalSeconds);
        Assert.Contains(options.Contestants, one => one.Name == "c-uring");
        Assert.Contains(options.Scenarios, one => one.Name == "tls");
    }

    [Fact]
    public void Names_are_separated_by_commas_or_given_one_by_one()
    {
        var options = Plan("--server kestrel,go --server node --scenario bulk");

        Assert.Equal(["kestrel", "node", "go"], options.Contestants.Select(one => one.Name));
        Assert.Equal(["bulk"], options.Scenarios.Select(one => one.Name));
    }

    [Fact]
    public void Baseline_runs_each_sockeye_row_a_second_time_with_the_other_build()
    {
        var program = typeof(Commands).Assembly.Location;

        var contestants = Plan($"--server kestrel,sockeye-epoll --baseline {program}").Contestants;

        Assert.Equal(["sockeye-epoll", "baseline-sockeye-epoll", "kestrel"], contestants.Select(one => one.Name));
        Assert.Equal(["Sockeye epoll", "Sockeye epoll, baseline", "Kestrel"], contestants.Select(one => one.Title));
        Assert.Equal(["dotnet", program, "serve", "sockeye-epoll", "Codec"], contestants[1].GetCommand(ServerMode.Codec));
        Assert.Equal(["serve", "sockeye-epoll", "Codec"], contestants[0].GetCommand(ServerMode.Codec)[^3..]);
        Assert.DoesNotContain(program, contestants[2].GetCommand(ServerMode.Echo)[0]);
    }

    [Fact]
    public void Quick_gives_way_to_what_is_said()
    {
        Assert.Equal((3, 0.3), (Plan("--quick").Rounds, Plan("--quick").Window.TotalSeconds));
        Assert.Equal((7, 0.3), (Plan("--quick --rounds 7").Rounds, Plan("--quick --rounds 7").Window.TotalSeconds));
    }

    [Fact]
    public void Targets_measure_what_they_need_only()
    {
        var options = Plan("--targets");

        Assert.DoesNotContain(options.Scenarios, one => one.Name == "ping-1000");
        Assert.DoesNotContain(options.Contestants, one => one.Name == "dotnetty");
        Assert.Contains(options.Scenarios, one => one.Name == "idle");
        Assert.Contains(options.Contestants, one => one.Name == "tokio");
    }

    [Fact]
    public void One_processor_is_not_enough()
    {
        var error = Assert.Throws<PlatformNotSupportedException>(() => RunPlan.FromArguments(Parse(""), [3]));

        Assert.Equal(
            "The comparison needs two processors, one for the servers and one for the load; this process may use 3.",
            error.Message);
    }

    private static ParseResult Parse(string arguments) =>
        Commands.Create([]).Parse(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    private static RunOptions Plan(string arguments) => RunPlan.FromArguments(Parse(arguments), [0, 1, 2]);
}
