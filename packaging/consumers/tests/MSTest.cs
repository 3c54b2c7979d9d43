using Microsoft.VisualStudio.TestTools.UnitTesting;

[assembly: Parallelize(Scope = ExecutionScope.MethodLevel)]

namespace Consumers;

[TestClass]
public sealed class ShopTests
{
    [TestMethod]
    public void Sale_arrives_after_a_partition() => Assert.AreEqual("sold tea", Shop.Sell("tea"));
}
