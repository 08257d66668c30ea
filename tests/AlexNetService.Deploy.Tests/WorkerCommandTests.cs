using System.Text.RegularExpressions;
using AlexNetService.Training.Cluster;
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
    [InlineData("deploy/slurm/train.sbatch")]
    [InlineData("src/AlexNetService.Training/README.md")]
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

    [Fact]
    public void MpiJob_ArgumentsOfItsLauncher_AreAValidCommandForEachOfItsWorkers()
    {
        var replicas = Yaml.File("deploy/k8s/training-cluster/job.yaml").At("spec", "mpiReplicaSpecs");
        string[] arguments =
            [.. replicas.Items("Launcher", "template", "spec", "containers").Single().Items("args").Select(argument => argument.Text())];
        var program = Array.IndexOf(arguments, "/app/alexnet.dll");

        Assert.Equal("", Errors(arguments[(program + 1)..]));
        Assert.Equal(["-n", replicas.Text("Worker", "replicas"), "dotnet"], arguments[(program - 3)..program]);
    }

    [Fact]
    public async Task SlurmScript_ReadByBash_HasNoSyntaxError()
    {
        var read = await Command.RunAsync("bash", "-n", "deploy/slurm/train.sbatch");
        Assert.SkipWhen(read is null, "bash is missing.");

        Assert.Equal((0, ""), (read?.ExitCode, read?.Error));
    }

    [Theory]
    [InlineData("train", "--data", "photographs.zip", "--ouput", "runs/first")]
    [InlineData("trian", "--data", "photographs.zip")]
    public void Errors_OfAMisspeltCommand_AreReported(params string[] arguments) => Assert.NotEqual("", Errors(arguments));

    private static string Errors(string[] arguments)
    {
        var parsed = CommandTree.Create(CommonOptions.Log(), new Ranks(), CancellationToken.None).Parse(arguments);
        return string.Join('\n', parsed.Errors.Select(error => error.Message));
    }

    [GeneratedRegex(
        @"(^(\$ )?alexnet|--rm worker|alexnet-worker|^(mpirun|srun) .*? alexnet) +(?<arguments>[a-z]+ .+)$",
        RegexOptions.ExplicitCapture | RegexOptions.Multiline)]
    private static partial Regex Example();
}
