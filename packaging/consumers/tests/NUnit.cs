namespace Consumers;

public sealed class ShopTests
{
    [NUnit.Framework.Test]
    public void Sale_arrives_after_a_partition() =>
        NUnit.Framework.Assert.That(Shop.Sell("tea"), NUnit.Framework.Is.EqualTo("sold tea"));
}
