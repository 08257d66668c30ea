using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using AlexNetService.Api.FunctionalTests.Hosting;
using AlexNetService.Tests.Shared;

namespace AlexNetService.Api.FunctionalTests.Processes;

public sealed class ProcessTests(SharedService service)
{
    private readonly CancellationToken none = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Sigterm_DuringARequest_AnswersItAndExitsWith0()
    {
        using var process = ServiceProcess.Start(Settings(service.Repository.Root));
        var address = new Uri((await process.LoggedAsync("Now listening on"))["address"]?.GetValue<string>() ?? "");
        await process.LoggedAsync("Ready with");
        using var connection = new TcpClient();
        await connection.ConnectAsync(address.Host, address.Port, none);
        await using var stream = connection.GetStream();
        var picture = Pictures.Jpeg();

        // The service sends 100 only once it handles the request.
        await stream.WriteAsync(Encoding.ASCII.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $"POST /v1/classify HTTP/1.1\r\nHost: test\r\nContent-Type: image/jpeg\r\nContent-Length: {picture.Length}\r\n")
            + "Expect: 100-continue\r\n\r\n"), none);
        using var reader = new StreamReader(stream, Encoding.ASCII);
        Assert.Equal("HTTP/1.1 100 Continue", await reader.ReadLineAsync(none));
        process.Terminate();
        await process.LoggedAsync("Application is shutting down");
        await stream.WriteAsync(picture, none);
        var answer = await reader.ReadToEndAsync(none);

        Assert.Contains("HTTP/1.1 200 OK", answer, StringComparison.Ordinal);
        Assert.Contains("\"predictions\":[", answer, StringComparison.Ordinal);
        Assert.Equal(0, await process.ExitCodeAsync());
    }

    [Fact]
    public async Task Start_OnATakenPort_FailsWithOneSentence()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var settings = Settings(service.Repository.Root);
        settings["ASPNETCORE_URLS"] = $"http://{taken.LocalEndpoint}";
        using var process = ServiceProcess.Start(settings);

        await AssertOneSentenceAsync(process, "or choose another address with --urls.");
    }

    [Fact]
    public async Task Start_WithOneNetworkUnderTwoNames_LogsWhichOfThemAnswers()
    {
        using var folder = new TemporaryFolder();
        foreach (var name in (string[])["cifar-a", "twin"])
        {
            var package = Directory.CreateDirectory(Path.Combine(folder.Path, name, "1")).FullName;
            foreach (var file in Directory.EnumerateFiles(Path.Combine(service.Repository.Root, "cifar-a", "1")))
            {
                File.Copy(file, Path.Combine(package, Path.GetFileName(file)));
            }

            var card = Path.Combine(package, "card.json");
            var text = await File.ReadAllTextAsync(card, none);
            text = text.Replace("\"name\": \"cifar-a\"", $"\"name\": \"{name}\"", StringComparison.Ordinal);
            await File.WriteAllTextAsync(card, text, none);
        }

        var settings = Settings(folder.Path);
        settings["ModelRepository__Default"] = "";
        using var process = ServiceProcess.Start(settings);

        var entry = await process.LoggedAsync("\"twin\" is the same network as");

        Assert.Equal("cifar-a", entry["Model"]?.GetValue<string>());
        await process.LoggedAsync("Ready with 2 models and 0 ensembles; the default is \"cifar-a\"");
    }

    [Fact]
    public async Task Start_EmptyRepository_FailsWithTheReason()
    {
        var empty = Directory.CreateTempSubdirectory("alexnet-empty-");
        using var process = ServiceProcess.Start(Settings(empty.FullName));

        var entry = await process.LoggedAsync("The models cannot be served");

        Assert.Contains("ModelRepository:Path", entry["Reason"]?.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(1, await process.ExitCodeAsync());
        empty.Delete();
    }

    [Fact]
    public async Task Start_MixedLabelsWithoutDefault_FailsAndNamesTheOption()
    {
        var settings = Settings(service.Repository.Root);
        settings["ModelRepository__Default"] = "";
        using var process = ServiceProcess.Start(settings);

        await process.LoggedAsync("The models cannot be served");
        var entry = await process.LoggedAsync("The models cannot be served");

        Assert.Contains("ModelRepository:Default", entry["Reason"]?.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(1, await process.ExitCodeAsync());
    }

    [Theory]
    [InlineData("Inference__Device", "gpu", "Inference:Device must be cpu or cuda:N")]
    [InlineData("Inference__MaxCropsPerRun", "0", "Inference:MaxCropsPerRun must be 1 to 4096")]
    [InlineData("Queue__LimitCrops", "0", "Queue:LimitCrops must be 1 to")]
    [InlineData("Decoding__Threads", "-1", "Decoding:Threads must be 0 to")]
    [InlineData("Classify__MaxBodyBytes", "1", "Classify:MaxBodyBytes must be 1024 to")]
    [InlineData(
        "Security__Keys__op",
        "0000000000000000000000000000000000000000000000000000000000000001",
        "Security:Keys:op has no value of its own; set one below it: Sha256, Admin.")]
    [InlineData("Security__Keys__op__Sha265", "0", "Unknown setting Security:Keys:op:Sha265. Did you mean 'Sha256'?")]
    [InlineData(
        "Security__Keys__op__Sha256",
        "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855",
        "Security:Keys:op:Sha256 is the hash of an empty key.")]
    [InlineData("Security__AllowAnonymous", "1", "Security:AllowAnonymous must be true or false.")]
    [InlineData("ModelRepository__Versions__seven", "v1", "ModelRepository:Versions:seven must be a whole number")]
    [InlineData("Ensembles__pair__seven", "2", "Ensembles:pair must be one value")]
    [InlineData("Queue__LimitCrop", "640", "Unknown setting Queue:LimitCrop. Did you mean 'LimitCrops'?")]
    [InlineData("Queue__LimitCrops", "x", "Queue:LimitCrops must be a whole number")]
    [InlineData("Queue__MaxWait", "soon", "Queue:MaxWait must be a time")]
    [InlineData("Serilog__MinimumLevel__Default", "Loud", "Loud is not a valid Serilog level.")]
    [InlineData("ASPNETCORE_URLS", "foo", "Invalid url: 'foo'.")]
    [InlineData("Grpc__Url", "foo", "Invalid url: 'foo'.")]
    [InlineData("Grpc__Port", "8081", "Unknown setting Grpc:Port.")]
    [InlineData("ASPNETCORE_URLS", "http://localhost:99999", "The port of an address must be 0 to 65535.")]
    public async Task Start_WrongSetting_FailsWithOneSentence(string key, string value, string sentence)
    {
        var settings = Settings(service.Repository.Root);
        settings[key] = value;
        using var process = ServiceProcess.Start(settings);

        await AssertOneSentenceAsync(process, sentence);
    }

    [Fact]
    public async Task Start_WrongSettingsOfTwoSections_FailsWithASentenceForEach()
    {
        var settings = Settings(service.Repository.Root);
        (settings["Queue__MaxDelayMs"], settings["Classify__MaxBatchImages"]) = ("-1", "none");
        using var process = ServiceProcess.Start(settings);

        var (code, exceptions) = await process.EndAsync();
        var sentences = await process.StandardError.ReadToEndAsync(none);

        Assert.Equal(2, code);
        Assert.Empty(exceptions);
        Assert.Contains("Queue:MaxDelayMs must be 0 to", sentences, StringComparison.Ordinal);
        Assert.Contains("Classify:MaxBatchImages must be a whole number", sentences, StringComparison.Ordinal);
        Assert.Equal(2, sentences.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Theory]
    [InlineData("--Queue:LimitCrops", "x", "Queue:LimitCrops must be a whole number")]
    [InlineData("--urls", "foo", "Invalid url: 'foo'.")]
    public async Task Start_MalformedArgument_FailsWithOneSentence(string option, string value, string sentence)
    {
        using var process = ServiceProcess.Start(Settings(service.Repository.Root), option, value);

        await AssertOneSentenceAsync(process, sentence);
    }

    [Theory]
    [InlineData("https://127.0.0.1:0", "No server certificate was specified")]
    [InlineData("http://192.0.2.1:8080", "The address cannot be opened")]
    public async Task Start_AddressThatCannotBeOpened_FailsWithOneSentence(string address, string sentence)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Elsewhere the service may find a developer certificate that is not under HOME.");
        using var home = new TemporaryFolder();
        var settings = Settings(service.Repository.Root);
        (settings["HOME"], settings["ASPNETCORE_URLS"], settings["Security__AllowAnonymous"]) = (home.Path, address, "true");
        using var process = ServiceProcess.Start(settings);

        await AssertOneSentenceAsync(process, sentence);
    }

    [Fact]
    public async Task Start_MissingDevice_FailsWithoutFallback()
    {
#if CUDA
        Assert.SkipWhen(File.Exists("/dev/nvidiactl"), "This machine has an NVIDIA GPU.");
        const string Remedy = "CUDA 13";
#else
        const string Remedy = "Accelerator=cuda";
#endif
        var settings = Settings(service.Repository.Root);
        settings["Inference__Device"] = "cuda:0";
        using var process = ServiceProcess.Start(settings);

        var entry = await process.LoggedAsync("The models cannot be served");

        Assert.Contains(Remedy, entry["Reason"]?.GetValue<string>(), StringComparison.Ordinal);
        Assert.DoesNotContain('\n', entry["Reason"]?.GetValue<string>() ?? "");
        Assert.Equal(1, await process.ExitCodeAsync());
    }

    private static async Task AssertOneSentenceAsync(ServiceProcess process, string sentence)
    {
        var (code, exceptions) = await process.EndAsync();
        var error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var line = Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal(2, code);
        Assert.Empty(exceptions);
        Assert.Contains(sentence, line, StringComparison.Ordinal);
    }

    private static Dictionary<string, string> Settings(string repository) => new()
    {
        ["ASPNETCORE_ENVIRONMENT"] = "Production",
        ["ASPNETCORE_URLS"] = "http://127.0.0.1:0",
        ["ModelRepository__Path"] = repository,
        ["ModelRepository__Default"] = TestRepository.Default,
    };
}
