using System.CommandLine;
using System.Diagnostics;
using AlexNetService.Client.OpenInference;
using Grpc.Net.Client;

namespace AlexNetService.Benchmarks.Service;

/// <summary><c>protocols</c>: raw tensors by REST and by gRPC, in turns.</summary>
internal static class ProtocolsCommand
{
    public static Command Create()
    {
        var repository = CommandOptions.Repository();
        var clients = CommandOptions.Clients(16);
        var crops = CommandOptions.Of("--crops", "Crops in one request.", 10);
        var rounds = CommandOptions.Rounds(3);
        var seconds = CommandOptions.Of<double>("--seconds", "Seconds per protocol and round.", 10);
        var command = new Command("protocols", "Requests per second and CPU per request with raw tensors, by REST and by gRPC.")
        {
            repository, clients, crops, rounds, seconds,
        };
        command.SetAction((parsed, _) => RunAsync(
            parsed.GetRequiredValue(repository).FullName,
            parsed.GetValue(clients),
            parsed.GetValue(crops),
            parsed.GetValue(rounds),
            TimeSpan.FromSeconds(parsed.GetValue(seconds))));
        return command;
    }

    private static async Task RunAsync(string repository, int clients, int crops, int rounds, TimeSpan turn)
    {
        using var service = await RunningService.StartAsync(new Dictionary<string, string>
        {
            ["ModelRepository:Path"] = repository,
            ["Grpc:Url"] = "http://127.0.0.1:0",
        });
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = service.Address };
        using var channel = GrpcChannel.ForAddress(service.GrpcAddress ?? service.Address);
        (string Name, OpenInferenceClient Client)[] protocols =
            [("REST", new OpenInferenceHttpClient(http)), ("gRPC", new OpenInferenceGrpcClient(channel))];
        var model = Path.GetFileName(Directory.EnumerateDirectories(repository).Order(StringComparer.Ordinal).First());
        var input = (await protocols[0].Client.TensorsAsync(model)).Inputs[0];
        long[] shape = [crops, .. input.Shape.Skip(1)];
        var pixels = new byte[shape.Aggregate(1L, (product, side) => product * side)];
        new Random(1).NextBytes(pixels);
        var tensor = NamedTensor.Of<byte>(input.Name, pixels, shape);
        Report.Line($"{model}; {crops} crops in a request, {pixels.Length} bytes; {clients} clients; {Environment.ProcessorCount} cores");
        var (requests, processor, elapsed) = (new int[protocols.Length], new TimeSpan[protocols.Length], new TimeSpan[protocols.Length]);
        for (var round = 0; round <= rounds; round++)
        {
            for (var i = 0; i < protocols.Length; i++)
            {
                var (before, begun) = (service.Processor, Stopwatch.GetTimestamp());
                var sent = await ClosedLoopAsync(protocols[i].Client, round == 0 ? turn / 5 : turn);

                // The first round warms both.
                if (round > 0)
                {
                    requests[i] += sent;
                    processor[i] += service.Processor - before;
                    elapsed[i] += Stopwatch.GetElapsedTime(begun);
                }
            }
        }

        foreach (var (i, (name, _)) in protocols.Index())
        {
            var rate = requests[i] / elapsed[i].TotalSeconds;
            var cost = processor[i].TotalMilliseconds / requests[i];
            Report.Line($"{name}: {rate:0.0} requests/s, {cost:0.00} ms of CPU per request in the service");
        }

        async Task<int> ClosedLoopAsync(OpenInferenceClient client, TimeSpan duration)
        {
            var (begun, sent) = (Stopwatch.GetTimestamp(), 0);
            await Task.WhenAll(Enumerable.Range(0, clients).Select(async _ =>
            {
                while (Stopwatch.GetElapsedTime(begun) < duration)
                {
                    await client.InferAsync(model, [tensor], ["probabilities"]);
                    Interlocked.Increment(ref sent);
                }
            }));
            return sent;
        }
    }
}
