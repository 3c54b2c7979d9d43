namespace Consumers;

public sealed class ShopTests
{
    [Xunit.Fact]
    public void Sale_arrives_after_a_partition() => Xunit.Assert.Equal("sold tea", Shop.Sell("tea"));
}
