using Sockeye.Simulation.Tests.Protocols;
using Sockeye.Simulation.Tests.Systems;
using Sockeye.Testing;

namespace Sockeye.Simulation.Tests;

/// <summary>The protocols of the samples, for hours of bad weather.</summary>
public sealed class ProtocolSimulationTests
{
    [Fact]
    public void Redis_in_order_with_pushes_answers_each_command_with_its_reply() =>
        SimulatedNetwork.Explore(Seeds.Of(0..20), network => new RedisSystem(network).RunAsync());

    [Fact]
    public void Modbus_by_transaction_number_answers_each_request_with_its_response() =>
        SimulatedNetwork.Explore(Seeds.Of(0..20), network => new ModbusSystem(network).RunAsync());

    [Fact]
    public void Mail_in_a_dialogue_is_stored_whole_and_once() =>
        SimulatedNetwork.Explore(Seeds.Of(0..20), network => new MailSystem(network).RunAsync());

    [Fact]
    public void Redis_whose_replies_are_out_of_order_is_found() =>
        AssertFinds(network => new RedisSystem(network, keepsOrder: false).RunAsync(), "was answered by");

    [Fact]
    public void Modbus_device_that_mixes_transaction_numbers_is_found() =>
        AssertFinds(network => new ModbusSystem(network, mixesNumbers: true).RunAsync(), "was answered by");

    [Fact]
    public void Mail_server_that_stores_parts_of_mails_is_found() =>
        AssertFinds(network => new MailSystem(network, keepsParts: true).RunAsync(), "whose end was certainly not sent");

    private static void AssertFinds(Func<SimulatedNetwork, Task> run, string expected)
    {
        var error = Assert.Throws<SimulationException>(() => SimulatedNetwork.Explore(0..20, run));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }
}
