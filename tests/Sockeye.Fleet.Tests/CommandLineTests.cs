using Sockeye.Fleet.CommandLine;
using Sockeye.Fleet.Running;

namespace Sockeye.Fleet.Tests;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("--scenario bulk", "--scenario bulk: expected one or more of broadcast, routing")]
    [InlineData("--server sockeye,orleans", "--server orleans: expected one or more of sockeye, signalr")]
    [InlineData("--nodes 1", "--nodes 1: expected a number from 2 to 50")]
    [InlineData("--rounds many", "--rounds many: expected a number from 1 to 1000")]
    [InlineData("--in-flight 1,65", "--in-flight 1,65: expected numbers from 1 to 64")]
    [InlineData("--duration 0", "--duration 0: expected a number of seconds from 0.1 to 600")]
    public void Wrong_value_is_named_with_what_is_expected(string arguments, string sentence) =>
        Assert.Contains(
            Commands.Create().Parse(arguments).Errors, error => error.Message.Contains(sentence, StringComparison.Ordinal));

    [Fact]
    public void Default_is_everything_on_sockeye_and_signalr()
    {
        var options = Options.ToRunOptions(Commands.Create().Parse(""));

        Assert.Equal(["broadcast", "routing", "addressed", "death", "held"], options.Scenarios);
        Assert.Equal(["sockeye", "signalr"], options.Servers);
        Assert.Equal([1, 16], options.InFlight);
        Assert.Equal((3, 5000, 10_000, 100_000), (options.Nodes, options.Members, options.Rate, options.Held));
    }

    [Fact]
    public void Descriptors_and_memory_of_the_kernel_are_read_as_proc_writes_them()
    {
        Assert.Equal(
            19_700, OpenFiles.MaxConnections(["Max open files            20000                20000                files     "]));
        Assert.Equal(
            3 * Environment.SystemPageSize,
            KernelMemory.ParseTcp(["sockets: used 30", "TCP: inuse 4 orphan 0 tw 2 alloc 5 mem 3"]));
    }
}
