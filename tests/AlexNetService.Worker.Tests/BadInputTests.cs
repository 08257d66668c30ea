namespace AlexNetService.Worker.Tests;

/// <summary>Every mistake ends with exit code 2 and a line on standard error that says what to do.</summary>
public sealed class BadInputTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public static TheoryData<string, string[]> Mistakes => new()
    {
        { "'frob'", ["frob"] },
        { "no preset 'vgg'", ["train", "--preset", "vgg", "--data", "."] },
        { "Name a command: prepare, train", [] },
        { "Name the --data", ["train", "--preset", "alexnet-cifar"] },
        { "no data set at", ["train", "--preset", "alexnet-cifar", "--data", "/nowhere"] },
        { "too few", ["train", "--preset", "alexnet-cifar", "--data", "/nowhere", "--epochs", "0"] },
        { "--resume needs --output", ["train", "--resume"] },
        { "no checkpoint", ["train", "--resume", "--output", "/nowhere"] },
        { "no trained weights", ["export", "--preset", "alexnet-cifar"] },
        { "no checkpoint", ["export", "--run", "/nowhere"] },
        { "its path is empty", ["inspect", "--package", ""] },
        { "A file without a name", ["import", "--weights", ""] },
        { "card.json cannot be read", ["inspect", "--package", "/nowhere"] },
        { "either a --preset or a --package", ["inspect"] },
        { "Name the --data", ["evaluate", "--package", "/nowhere"] },
        { "'7' not recognized", ["evaluate", "--crops", "7"] },
        { "--package folders, --run folders, or both", ["evaluate", "--data", "."] },
        { "'both' not recognized", ["evaluate", "--temperature", "both"] },
        { "--package needs --evaluation", ["export", "--package", "."] },
        { "--seed does not go with --package", ["export", "--package", ".", "--seed", "2"] },
        { "takes a number such as 0.01, not '0,01'", ["train", "--preset", "alexnet-cifar", "--data", ".", "--learning-rate", "0,01"] },
        { "--threads takes 0 to 1024", ["train", "--preset", "alexnet-cifar", "--data", "/nowhere", "--threads", "-1"] },
        { "too large", ["train", "--preset", "alexnet-cifar", "--data", "/nowhere", "--batch-size", "100000"] },
        { "--keep takes 1", ["train", "--resume", "--output", "/nowhere", "--keep", "0"] },
        { "--checkpoint-minutes takes 0", ["train", "--resume", "--output", "/nowhere", "--checkpoint-minutes", "-1"] },
        { "auto, true or false, not 'maybe'", ["train", "--resume", "maybe", "--output", "/nowhere"] },
        { "Name the --output", ["prepare", "--data", "."] },
        { "either a --canvas or a --preset", ["prepare", "--data", ".", "--output", "/nowhere", "--canvas", "32", "--preset", "alexnet"] },
        { "--quality takes 1 to 100", ["prepare", "--data", ".", "--output", "/nowhere", "--quality", "101"] },
        { "Name the photographs", ["classify", "--package", "/nowhere"] },
        { "no photograph, folder or data set at '/nowhere'", ["classify", "/nowhere"] },
        { "a table cannot be continued", ["classify", "/nowhere", "--output", "/nowhere/x", "--format", "table"] },
        { "--top takes 1 to 100", ["classify", "/nowhere", "--top", "0"] },
        { "--shard-size takes 1 or more", ["prepare", "--data", ".", "--output", "/nowhere", "--shard-size", "0"] },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public async Task Mistake_OnTheCommandLine_IsExitCodeTwoAndASentence(string reason, string[] arguments)
    {
        var (code, output, error) = await Programs.AlexnetAsync(arguments);

        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains(reason, error, StringComparison.Ordinal);
        Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        Assert.Equal("", output.Trim());
    }

    [Theory]
    [InlineData("import", "--weights")]
    [InlineData("train", "--data", ".", "--from")]
    [InlineData("train", "--preset", "alexnet-cifar", "--data")]
    [InlineData("classify")]
    public async Task Pipe_GivenAsAFile_IsExitCodeTwoAndASentence(params string[] arguments)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no pipes in folders.");
        var pipe = Path.Combine(folder.Path, "pipe");
        using var process = System.Diagnostics.Process.Start("mkfifo", [pipe]);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        var (code, _, error) = await Programs.AlexnetAsync([.. arguments, pipe]);

        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains($"'{pipe}' is empty, or a pipe or a device", error, StringComparison.Ordinal);
        Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
    }

    [Fact]
    public async Task Train_OnAMissingDevice_IsExitCodeTwoAndASentenceAndBeginsNoRun()
    {
        var data = Pictures.Write(Path.Combine(folder.Path, "data"), classes: 2, perClass: 20);
        var run = Path.Combine(folder.Path, "run");

        // No machine has this many.
        var (code, _, error) = await Programs.AlexnetAsync(
            "train", "--preset", "alexnet-cifar", "--data", data, "--output", run, "--devices", "cuda:98,cuda:99");

        Assert.Equal(ExitCode.BadInput, code);
        Assert.StartsWith("alexnet: cuda:98 is not available: libtorch sees ", error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
        Assert.False(Directory.Exists(run));
    }

    [Fact]
    public async Task Evaluate_OnClassesTheModelDoesNotKnow_NamesThem()
    {
        var data = Pictures.Write(Path.Combine(folder.Path, "data"), classes: 2, perClass: 2);
        var repository = Path.Combine(folder.Path, "models");
        var export = await Programs.AlexnetAsync(
            "export", "--preset", "alexnet-cifar", "--untrained", "--repository", repository, "--name", "untrained", "--data", data);
        Assert.Equal(ExitCode.Done, export.ExitCode);
        Assert.Contains("parity on 4 real crops", export.Output, StringComparison.Ordinal);

        var (code, _, error) =
            await Programs.AlexnetAsync("evaluate", "--package", Path.Combine(repository, "untrained", "1"), "--data", data);

        Assert.Equal(ExitCode.BadInput, code);
        const string Reason = "'untrained version 1' has no class 'class0', which 'data' has; it knows class-0, class-1";
        Assert.Contains(Reason, error, StringComparison.Ordinal);
        var quantized = await Programs.AlexnetAsync("quantize", "--package", Path.Combine(repository, "untrained", "1"), "--data", data);
        Assert.Equal(ExitCode.BadInput, quantized.ExitCode);
        Assert.Contains(Reason, quantized.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Export_WithoutPhotographs_SaysThatNoRealCropWasChecked()
    {
        var (code, output, _) = await Programs.AlexnetAsync(
            "export", "--preset", "alexnet-cifar", "--untrained", "--classes", "3", "--repository", folder.Path);

        Assert.Equal(ExitCode.Done, code);
        Assert.Contains("parity on 32 random crops", output, StringComparison.Ordinal);
        Assert.Contains("parity on 0 real crops", output, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(folder.Path, "alexnet-cifar", "1", "card.json")));
    }

    public void Dispose() => folder.Dispose();
}
