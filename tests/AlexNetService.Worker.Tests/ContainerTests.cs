using System.CommandLine;
using System.Text.Json;

namespace AlexNetService.Worker.Tests;

/// <summary>The worker as containers run it: options from the environment, the log as JSON.</summary>
public sealed class ContainerTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public async Task Training_ByEnvironmentAlone_WritesItsLogAsJson()
    {
        var environment = new Dictionary<string, string?>
        {
            ["ALEXNET_PRESET"] = "alexnet-cifar",
            ["ALEXNET_DATA"] = Pictures.Write(Path.Combine(folder.Path, "data"), classes: 2, perClass: 10),
            ["ALEXNET_OUTPUT"] = Path.Combine(folder.Path, "run"),
            ["ALEXNET_EPOCHS"] = "2",
            ["ALEXNET_RESUME"] = "auto",
            ["ALEXNET_LOG"] = "json",
        };

        var first = await Programs.AlexnetAsync(environment, "train");
        var again = await Programs.AlexnetAsync(environment, "train");

        Assert.Equal((ExitCode.Done, ExitCode.Done), (first.ExitCode, again.ExitCode));
        Assert.Equal(["data", "begin", "epoch", "epoch", "done"], Events(first.Output).Select(Name));
        Assert.Equal(["already-done"], Events(again.Output).Select(Name));
        foreach (var line in Events(first.Output))
        {
            Assert.Equal("info", line.GetProperty("level").GetString());
            Assert.True(line.GetProperty("time").TryGetDateTimeOffset(out _));
        }

        var epoch = Events(first.Output)[3];
        Assert.Equal(2, epoch.GetProperty("epoch").GetInt32());
        Assert.InRange(epoch.GetProperty("loss").GetDouble(), 0, 100);
    }

    [Fact]
    public async Task Failure_WithTheLogAsJson_IsOneObject()
    {
        var (code, output, error) =
            await Programs.AlexnetAsync("train", "--log", "json", "--preset", "alexnet-cifar", "--data", "/nowhere");

        Assert.Equal((ExitCode.BadInput, 0), (code, Events(output).Length));
        var line = Assert.Single(Events(error));
        Assert.Equal("error", line.GetProperty("level").GetString());
        Assert.Equal(ExitCode.BadInput, line.GetProperty("exitCode").GetInt32());
        Assert.Contains("no data set at '/nowhere'", line.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--frob")]
    [InlineData("--epochs=x")]
    public async Task Mistake_WithTheLogAsJson_IsOneObject(string mistake)
    {
        var (code, _, error) = await Programs.AlexnetAsync("train", "--log", "json", mistake);

        Assert.Equal(ExitCode.BadInput, code);
        Assert.Equal("failed", Name(Assert.Single(Events(error))));
    }

    [Fact]
    public async Task Table_WithTheLogAsJson_IsALineAnObject()
    {
        var (_, output, _) = await Programs.AlexnetAsync("inspect", "--preset", "alexnet", "--log", "json");

        Assert.Contains(
            Events(output), line => line.GetProperty("message").GetString()?.Contains("conv3", StringComparison.Ordinal) == true);
    }

    [Theory]
    [InlineData("20", new string[0], 20)]
    [InlineData("20", new[] { "--epochs", "7" }, 7)]
    [InlineData("", new[] { "--epochs", "7" }, 7)]
    [InlineData("", new string[0], 1)]
    public void Option_OnTheCommandLine_WinsOverTheEnvironment(string variable, string[] arguments, int expected)
    {
        var (root, epochs, _) = Commands();

        var parsed = EnvironmentOptions.Parse(root, ["go", .. arguments], name => name == "ALEXNET_EPOCHS" ? variable : null);

        Assert.Equal(expected, parsed.GetValue(epochs));
    }

    [Fact]
    public void Option_OfSeveralValues_TakesThemWithCommas()
    {
        var (root, _, packages) = Commands();

        var parsed = EnvironmentOptions.Parse(root, ["go"], name => name == "ALEXNET_PACKAGE" ? "models/a/1,models/b 2" : null);

        Assert.Equal(["models/a/1", "models/b 2"], parsed.GetValue(packages) ?? []);
    }

    [Fact]
    public void Variable_WithAValueThatItsOptionDoesNotTake_IsNamed()
    {
        var (root, _, _) = Commands();

        var failure =
            Assert.Throws<InputException>(() => EnvironmentOptions.Parse(root, ["go"], name => name == "ALEXNET_EPOCHS" ? "many" : null));

        Assert.Equal("ALEXNET_EPOCHS: Cannot parse argument 'many' for option '--epochs'.", failure.Message);
    }

    [Fact]
    public async Task Help_OfACommand_NamesTheVariables()
    {
        var (_, output, _) = await Programs.AlexnetAsync("train", "--help");

        Assert.Contains("[env: ALEXNET_BATCH_SIZE]", output, StringComparison.Ordinal);
    }

    public void Dispose() => folder.Dispose();

    private static (RootCommand Root, Option<int> Epochs, Option<string[]> Packages) Commands()
    {
        var epochs = new Option<int>("--epochs") { DefaultValueFactory = _ => 1 };
        var packages = new Option<string[]>("--package") { AllowMultipleArgumentsPerToken = true };
        return (new RootCommand { new Command("go") { epochs, packages } }, epochs, packages);
    }

    private static JsonElement[] Events(string lines) =>
    [
        .. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(line => JsonElement.Parse(line)),
    ];

    private static string? Name(JsonElement line) => line.GetProperty("event").GetString();
}
