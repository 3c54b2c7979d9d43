namespace Sockeye.Linux.Tests.Engines;

/// <summary>A token finds its item and no other, however often its index is reused.</summary>
public sealed class TokenTableTests
{
    [Fact]
    public void Token_of_a_removed_item_never_finds_the_one_that_has_its_index_now()
    {
        var table = new TokenTable<object>();
        HashSet<ulong> tokens = [];
        for (var i = 0; i < 1000; i++)
        {
            var item = new object();
            var token = table.Add(item);
            Assert.True(tokens.Add(token));
            Assert.Same(item, table.Find(token));
            table.Remove(token);
            Assert.All(tokens, old => Assert.Null(table.Find(old)));
        }

        Assert.Equal(0, table.Count);
    }

    [Fact]
    public void Every_item_is_found_whatever_the_mix_of_adding_and_removing()
    {
        var random = new Random(5);
        var table = new TokenTable<string>();
        Dictionary<ulong, string> expected = [];
        for (var i = 0; i < 10_000; i++)
        {
            if (expected.Count == 0 || random.Next(3) > 0)
            {
                var item = $"item {i}";
                var token = table.Add(item);
                Assert.NotEqual(0ul, token);
                Assert.Equal(0ul, token >> 56);
                expected.Add(token, item);
            }
            else
            {
                var token = expected.Keys.ElementAt(random.Next(expected.Count));
                Assert.Equal(expected[token], table.Find(token));
                table.Remove(token);
                expected.Remove(token);
            }
        }

        Assert.Equal(expected.Count, table.Count);
        Assert.All(expected, pair => Assert.Equal(pair.Value, table.Find(pair.Key)));
        Assert.Equal(expected.Values.Order(StringComparer.Ordinal), table.ToList().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Token_that_was_never_given_finds_nothing()
    {
        var table = new TokenTable<object>();
        var token = table.Add(new());
        Assert.All([0ul, 1ul, token + 1, token + (1ul << 24), ulong.MaxValue], other => Assert.Null(table.Find(other)));
    }
}
