using System.Text.RegularExpressions;
using AlexNetService.Worker;

namespace AlexNetService.Deploy.Tests;

/// <summary>The worker accepts every command line that a file shows.</summary>
public sealed partial class WorkerCommandTests
{
    [Theory]
    [InlineData("README.md")]
    [InlineData("deploy/README.md")]
    [InlineData("docker-compose.yml")]
    [InlineData("deploy/worker.Dockerfile")]
    public void Examples_OfTheFile_AreValidCommands(string file)
    {
        // A line that ends with a backslash continues in the next line.
        var text = SourceTree.Text(file).Replace("\\\n", " ", StringComparison.Ordinal);
        var examples = Example().Matches(text).Select(line => line.Groups["arguments"].Value).ToArray();

        Assert.NotEmpty(examples);
        Assert.All(examples, line => Assert.Equal("", Errors(line.Split(' ', StringSplitOptions.RemoveEmptyEntries))));
    }

    [Fact]
    public void Job_ArgumentsOfItsContainer_AreAValidCommand()
    {
        var worker = Yaml.File("deploy/k8s/training/job.yaml").Items("spec", "template", "spec", "containers").Single();

        Assert.Equal("", Errors([.. worker.Items("args").Select(argument => argument.Text())]));
    }

    [Theory]
    [InlineData("train", "--data", "photographs.zip", "--ouput", "runs/first")]
    [InlineData("trian", "--data", "photographs.zip")]
    public void Errors_OfAMisspeltCommand_AreReported(params string[] arguments) => Assert.NotEqual("", Errors(arguments));

    private static string Errors(string[] arguments) => string.Join(
        '\n', CommandTree.Create(CommonOptions.Log(), CancellationToken.None).Parse(arguments).Errors.Select(error => error.Message));

    [GeneratedRegex(
        @"(^(\$ )?alexnet|--rm worker|alexnet-worker) +(?<arguments>[a-z]+ .+)$",
        RegexOptions.ExplicitCapture | RegexOptions.Multiline)]
    private static partial Regex Example();
}
