using System.CommandLine;

namespace Sockeye.Cli;

/// <summary><c>sockeye bench</c>: load for a server, and latencies from the planned start.</summary>
internal static class BenchCommand
{
    public const string Examples = """
        Examples:
          sockeye listen 7000 --echo                  a server for the following ones
          sockeye bench 7000                          as fast as 10 connections can
          sockeye bench 7000 -c 100 --rate 5k --duration 30s
                                                      open loop: 5,000 requests a second
          sockeye bench 7000 --rate 5k --arrivals poisson --burst 10 --seed 7
                                                      bursts at random times
          sockeye bench 7000 -c 4 --pipeline 16 --warm-up 2s
                                                      16 requests at a time
          sockeye bench 7000 --count 10k --size 4k    10,000 requests of 4,000 bytes
          sockeye bench 7000 --find 'p99<5ms'         the highest rate that keeps it
          sockeye bench 7000 --compare 7001           which of two servers is faster
          sockeye bench 7000 --rate 2k --fail-if 'p99>10ms' --fail-if 'errors>0'
                                                      for CI: exit code 1
          sockeye bench 7000 --rate 2k --json | jq .latency_ms.p99
          sockeye bench 7000 --rate 2k --report out.html --hdr out.hlog
          sockeye bench 7000 --requests-per-connection 100 --connect-rate 200
                                                      new connections all the time
          sockeye bench 7000 --lifetime 2s --source 127.0.0.0/28
          sockeye bench 7000 --codec length --send-json '{"id":{counter}}' \
              --answer frame --match '"id":' --pipeline 8
                                                      answers in any order
          sockeye bench 7000 --codec lines --send 'get {random:8}' --answer lines
          sockeye bench 6379 --send 'PING\r\n' --answer 'delimiter:\r\n' --pipeline 16
                                                      a Redis server
          sockeye bench 7000 --send 'x\n' --answer 'regex:\n'
          sockeye bench 7000 --file README.md --threads 1 --interval 500ms
          sockeye bench 7000 7001 -c 20               two servers, 10 connections each
          sockeye bench unix:/tmp/s --engine sockets --timeout 2s
          sockeye bench 7443 --tls --ca ca.pem --no-resumption --send-proxy v2
          sockeye bench 7000 --answer none --size 64k a server that reads only
                                                      (sockeye listen 7000 --discard)
          sockeye bench 7000 --receive                a server that sends only
                                                      (sockeye listen 7000 --generate)
          sockeye bench 7000 --admin http://localhost:7001
                                                      with the server's own signs

        Without --rate:
          Each connection sends its next request when an answer has come. A server that
          pauses then gets fewer requests, which hides the pause.
        With --rate:
          Requests have planned starts. One that finds all connections busy waits, is
          never dropped, and its latency counts from the planned start. The row
          "uncorrected" counts from the sending.
        With --find:
          --duration is the length of one try. Default: 3s.
        With --compare:
          The servers are loaded in turns, and the difference is that of their processor
          time if both are on this machine, otherwise of the time of an answer. It ends
          when the difference is known within 3 %, or after --duration. Default: 60s.

        Ctrl+C ends the measurement and prints what was measured.

        Exit codes:
          0  done
          1  no connection, no answer, or a condition of --fail-if is true
          2  wrong use

        """;

    public static Command Create()
    {
        var command = new Command("bench", "Load a server, and measure rate and latency.") { BenchOptions.Targets };
        foreach (var option in (Option[])[.. BenchOptions.All, .. MessageOptions.All, .. OutputOptions.All, .. BenchClient.All])
            command.Add(option);
        command.Validators.Add(BenchOptions.Validate);
        command.Validators.Add(MessageOptions.Validate);
        command.Validators.Add(OutputOptions.Validate);
        command.Validators.Add(FamilyOptions.Validate);
        command.Validators.Add(BenchClient.Validate);
        command.SetAction(parsed => new BenchRun(parsed).RunAsync());
        return command;
    }
}
