using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace AlexNetService.EndToEnd.Tests;

/// <summary>Trains, measures, exports and serves on a small generated data set; each program runs in its own process.</summary>
public sealed class PhotographsToTopFiveTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private string Data => Path.Combine(folder.Path, "photographs");

    private string Models => Path.Combine(folder.Path, "models");

    [Fact]
    public async Task Photographs_TrainedExportedAndServed_AreClassified()
    {
        Pictures.Write(Data, classes: 3, perClass: 40, side: 40);
        foreach (var seed in (string[])["1", "2"])
        {
            var run = Path.Combine(folder.Path, "run" + seed);
            await Succeeds([.. Train(run, epochs: 5), "--seed", seed]);
            var export = await Succeeds("export", "--run", run, "--repository", Models, "--name", "member" + seed);
            Assert.Contains("parity on 32 real crops", export, StringComparison.Ordinal);
            Assert.Contains("held out, 12 photographs, 10 crops", export, StringComparison.Ordinal);
        }

        var (first, second) = (Path.Combine(Models, "member1", "1"), Path.Combine(Models, "member2", "1"));
        var table = await Succeeds("evaluate", "--package", first, second, "--data", Data, "--validation-fraction", "0.1");
        Assert.Contains("ensemble of 2", table, StringComparison.Ordinal);

        // The weight of an evaluation reaches the answers through the card. Weight 1 is an equal share, so 3 of 4 parts give 1.5.
        var found = Path.Combine(folder.Path, "evaluation.json");
        await Succeeds(
            "evaluate", "--package", first, "--run", Path.Combine(folder.Path, "run2"), "--data", Data, "--crops", "1",
            "--temperature", "keep", "--weights", "3,1", "--json", found);
        await Succeeds("export", "--package", first, "--evaluation", found, "--repository", Models);

        using var service = await ServedAsync();
        for (var label = 0; label < 3; label++)
        {
            var answer = await service.ClassifyAsync(Pictures.Encode(label, seed: 1000 + label, side: 200));

            var predictions = answer["predictions"]?.AsArray() ?? throw new InvalidOperationException(answer.ToJsonString());
            Assert.Equal($"class{label}", predictions[0]?["id"]?.GetValue<string>());
            Assert.Equal(3, predictions.Count);
            Assert.Equal(1, predictions.Sum(prediction => prediction?["probability"]?.GetValue<double>() ?? 0), 1e-4);
            Assert.Equal(["member1", "member2"], Values<string>(answer["models"], "name"));
            Assert.Equal([2, 1], Values<int>(answer["models"], "version"));
            Assert.Equal([1.5, 1], Values<double>(answer["models"], "weight"));
            Assert.Equal(10, answer["crops"]?.GetValue<int>());
        }
    }

    [Fact]
    public async Task Run_AndItsPackage_HaveTheSameErrors()
    {
        Pictures.Write(Data, classes: 3, perClass: 20, side: 32);
        var run = Path.Combine(folder.Path, "run");
        await Succeeds(Train(run, epochs: 1));
        await Succeeds("export", "--run", run, "--repository", Models, "--name", "member");
        var (ofRun, ofPackage) = (Path.Combine(folder.Path, "run.json"), Path.Combine(folder.Path, "package.json"));

        await Succeeds("evaluate", "--run", run, "--data", Data, "--json", ofRun);
        await Succeeds("evaluate", "--package", Path.Combine(Models, "member", "1"), "--data", Data, "--json", ofPackage);

        var errors = await Errors(ofRun);
        Assert.Contains("\"crops\":10", errors, StringComparison.Ordinal);
        Assert.Equal(errors, await Errors(ofPackage));
    }

    public void Dispose() => folder.Dispose();

    private string[] Train(string run, int epochs) =>
    [
        "train", "--preset", "alexnet-cifar", "--data", Data, "--output", run,
        "--epochs", $"{epochs}", "--batch-size", "12", "--learning-rate", "0.003",
    ];

    private static async Task<string> Succeeds(params string[] arguments)
    {
        var (code, output, error) = await Programs.AlexnetAsync(arguments);
        Assert.True(code == 0, $"alexnet {string.Join(' ', arguments)} ended with {code}: {error}");
        return output;
    }

    private static IEnumerable<T> Values<T>(JsonNode? models, string name) =>
        [.. models?.AsArray().Select(model => model?[name]).OfType<JsonNode>().Select(value => value.GetValue<T>()) ?? []];

    private static async Task<string?> Errors(string file)
    {
        var report = JsonNode.Parse(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
        return report?["models"]?[0]?["errors"]?.ToJsonString();
    }

    private async Task<Service> ServedAsync()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        var address = new Uri($"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}");
        probe.Stop();
        var process = Programs.Start("AlexNetService.Api.dll", $"--urls={address}", $"--ModelRepository:Path={Models}");
        var service = new Service(process, address);
        await service.ReadyAsync();
        return service;
    }

    private sealed class Service : IDisposable
    {
        private readonly Process process;
        private readonly HttpClient client;

        public Service(Process process, Uri address)
        {
            this.process = process;
            client = new HttpClient { BaseAddress = address };
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
        }

        public async Task ReadyAsync()
        {
            while (!process.HasExited)
            {
                try
                {
                    using var health = await client.GetAsync("/health/ready", TestContext.Current.CancellationToken);
                    if (health.IsSuccessStatusCode)
                    {
                        return;
                    }
                }
                catch (HttpRequestException)
                {
                    // Not listening yet.
                }

                await Task.Delay(100, TestContext.Current.CancellationToken);
            }

            throw new InvalidOperationException($"The service ended with {process.ExitCode}.");
        }

        public async Task<JsonNode> ClassifyAsync(byte[] picture)
        {
            using var body = new ByteArrayContent(picture);
            body.Headers.ContentType = new MediaTypeHeaderValue("image/png");
            using var answer = await client.PostAsync("/v1/classify", body, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            return await answer.Content.ReadFromJsonAsync<JsonNode>(TestContext.Current.CancellationToken)
                ?? throw new InvalidOperationException("The answer is empty.");
        }

        public void Dispose()
        {
            client.Dispose();
            if (!process.HasExited)
            {
                process.Kill();
            }

            process.Dispose();
        }
    }
}
