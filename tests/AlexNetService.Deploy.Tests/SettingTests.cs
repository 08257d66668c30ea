using System.Text.Json.Nodes;

namespace AlexNetService.Deploy.Tests;

/// <summary>Every variable that a file passes to the service is one of its settings, with a valid value.</summary>
public sealed class SettingTests
{
    private static readonly Dictionary<string, IReadOnlyDictionary<string, string>> Given = All().ToDictionary(StringComparer.Ordinal);

    public static TheoryData<string> Places => [.. Given.Keys];

    [Theory]
    [MemberData(nameof(Places))]
    public void Variables_OfEveryPlace_AreSettingsOfTheService(string place) => Assert.Null(ServiceSettings.Refusal(Given[place]));

    [Fact]
    public void Places_Together_IncludeTheSettingsThatTheContainerNeeds()
    {
        // Otherwise an empty or renamed place would pass unnoticed.
        var names = Given.Values.SelectMany(variables => variables.Keys).ToHashSet(StringComparer.Ordinal);

        string[] some = ["ModelRepository__Path", "Drain__GraceSeconds", "Inference__Device", "SettingsFile", "Security__OpenMetrics"];
        Assert.Superset(some.ToHashSet(StringComparer.Ordinal), names);
    }

    [Theory]
    [InlineData("Inference__Device", "cuda:0")]
    [InlineData("Inference__Devices__cifar-one", "cuda:1")]
    [InlineData("Inference__Cuda__Tf32", "true")]
    [InlineData(
        "Security__Keys__shop__Admin", "true",
        "Security__Keys__shop__Sha256", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    [InlineData("Ensembles__both", "cifar-one,cifar-two")]
    [InlineData("DOTNET_EnableDiagnostics", "0")]
    public void Refusal_OfAValidSetting_IsNull(params string[] variables) => Assert.Null(ServiceSettings.Refusal(Variables(variables)));

    [Theory]
    [InlineData("Inference__Devices", "cuda:0")]
    [InlineData("Infernce__Device", "cuda:0")]
    [InlineData("Drain__GraceSecond", "5")]
    [InlineData("Drain__Grace", "00:00:05")]
    [InlineData("Drain", "5")]
    [InlineData("Drain__GraceSeconds__Most", "5")]
    public void Refusal_OfAnUnknownName_NamesIt(string name, string value) =>
        Assert.Equal($"{name} is not a setting of the service.", ServiceSettings.Refusal(Variables(name, value)));

    [Theory]
    [InlineData("Drain__GraceSeconds", "-1", "Drain:GraceSeconds must be 0 to 3600.")]
    [InlineData("Inference__Device", "gpu", "Inference:Device must be cpu or cuda:N")]
    [InlineData("Security__OpenMetrics", "yes", "Security:OpenMetrics")]
    public void Refusal_OfAnInvalidValue_GivesTheReason(string name, string value, string sentence) =>
        Assert.Contains(sentence, ServiceSettings.Refusal(Variables(name, value)), StringComparison.Ordinal);

    private static IEnumerable<KeyValuePair<string, IReadOnlyDictionary<string, string>>> All()
    {
        foreach (var file in new[] { ComposeFile.Main, ComposeFile.Gpu, ComposeFile.Open })
        {
            foreach (var (name, replica) in ComposeFile.Replicas(file))
            {
                yield return new($"{file}: {name}", replica.Map("environment"));
            }
        }

        foreach (var stage in new[] { "cpu", "cuda" })
        {
            yield return new($"api.Dockerfile: {stage}", new Dockerfile("deploy/api.Dockerfile", stage).Environment);
        }

        yield return new("ConfigMap", Yaml.File("deploy/k8s/base/kustomization.yaml").Items("configMapGenerator")
            .SelectMany(map => map.Items("literals"))
            .Select(literal => literal.Text().Split('=', 2))
            .ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal));
        yield return new("KServe", Variables(Yaml.File("deploy/k8s/kserve/runtime.yaml").Items("spec", "containers").Single()));
    }

    private static Dictionary<string, string> Variables(JsonNode container) =>
        container.Items("env").ToDictionary(variable => variable.Text("name"), variable => variable.Text("value"), StringComparer.Ordinal);

    private static Dictionary<string, string> Variables(params string[] pairs) =>
        pairs.Chunk(2).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
}
