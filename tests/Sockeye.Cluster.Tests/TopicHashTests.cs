namespace Sockeye.Clustering.Tests;

public sealed class TopicHashTests
{
    /// <summary>The published values of FNV-1a: nodes of all versions agree on them.</summary>
    [Theory]
    [InlineData("", 0xCBF29CE484222325)]
    [InlineData("a", 0xAF63DC4C8601EC8C)]
    [InlineData("foobar", 0x85944171F73967E8)]
    public void Hash_is_fnv_1a_of_utf_8(string topic, ulong hash)
    {
        Assert.Equal(hash, TopicHash.Compute(topic));
        Assert.Equal((uint)(hash >> 32) ^ (uint)hash, TopicHash.ComputeShort(topic));
    }

    [Fact]
    public void Long_names_and_those_of_any_language_have_a_hash_of_their_own()
    {
        string[] names = [new('x', 512), new('x', 513), new('部', 170), new('部', 171), new('部', 1000)];

        Assert.Equal(names.Length, names.Select(TopicHash.Compute).Distinct().Count());
        Assert.Equal(TopicHash.Compute(names[^1]), TopicHash.Compute(new('部', 1000)));
    }
}
