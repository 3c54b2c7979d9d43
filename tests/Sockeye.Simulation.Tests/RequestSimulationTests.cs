using Sockeye.Simulation.Tests.Systems;
using Sockeye.Testing;

namespace Sockeye.Simulation.Tests;

public sealed class RequestSimulationTests
{
    [Fact]
    public void Responses_in_order_reach_their_requests_and_each_request_ends_in_one_way() =>
        SimulatedNetwork.Explore(Seeds.Of(0..30), RequestSystem.RunInOrderAsync);

    [Fact]
    public void Responses_by_id_reach_their_requests_and_each_request_ends_in_one_way() =>
        SimulatedNetwork.Explore(Seeds.Of(0..30), RequestSystem.RunByIdAsync);

    [Fact]
    public void Clients_that_connect_again_send_no_request_twice_that_is_not_safe_to_repeat() =>
        SimulatedNetwork.Explore(Seeds.Of(0..20), RequestClientSystem.RunAsync);
}
