using Sockeye.Clustering;
using Sockeye.Fleet.Nodes;

namespace Sockeye.Fleet.Tests;

public sealed class SendCountsTests
{
    [Fact]
    public void Results_are_counted_by_what_they_say_and_read_as_they_were_written()
    {
        var counter = new SendCounter();
        var before = counter.Counts;
        counter.Add(new(1, 0, []));
        counter.Add(new(0, 0, []));
        counter.Add(new(2, 1, []));
        counter.Add(new(1, 0, [new ClusterNode("n2", 2)]));
        counter.Add(new(0, 0, [new ClusterNode("n2", 2)]));

        var counts = SendCounts.Parse($"{counter.Counts}") - before;

        Assert.Equal(new(Lines: 5, Absent: 1, Failed: 1, Unanswered: 2), counts);
        Assert.Contains("1 were for users without a connection, 1 failed, and 2 ", counts.Fault, StringComparison.Ordinal);
        Assert.Null(new SendCounts(5, 0, 0, 0).Fault);
        Assert.Throws<InvalidDataException>(() => SendCounts.Parse("1 2 3"));
    }
}
