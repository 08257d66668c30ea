using System.Reflection;
using System.Text.Json;
using AlexNetService.Api.FunctionalTests.Hosting;
using AlexNetService.Tests.Shared;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.Kiota.Abstractions;
using Microsoft.Kiota.Abstractions.Authentication;
using Microsoft.Kiota.Http.HttpClientLibrary;
using NJsonSchema.CodeGeneration.CSharp;
using NSwag;
using NSwag.CodeGeneration.CSharp;

namespace AlexNetService.Api.FunctionalTests.Pages;

/// <summary>Clients that are generated from the OpenAPI document compile, and talk to the service.</summary>
public sealed class GeneratedClientTests(SharedService service)
{
    private const string Namespace = "Generated";

    private readonly CancellationToken none = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Client_GeneratedByNSwag_ReadsAnswersAndProblems()
    {
        var generated = await GenerateAsync();
        dynamic client = Make(generated, "ServiceClient", service.Client);
        dynamic photograph = Make(generated, "FileParameter", new MemoryStream(Pictures.Jpeg()), "photo.jpg", "image/jpeg");
        dynamic tensors = FromJson(generated, "InferRequest", $$"""
            {"parameters": {"crops": 1}, "inputs": [{"name": "image", "shape": [1, 1], "datatype": "BYTES",
            "data": ["{{Convert.ToBase64String(Pictures.Jpeg())}}"]}]}
            """);

        var answer = await client.ClassifyAsync(3, null, null, true, null, 0.5, photograph, none);
        var models = await client.ListModelsAsync(none);
        var model = await client.GetModelAsync("cifar-a", none);
        var inferred = await client.ModelInferAsync("default", null, tensors, none);
        Func<Task> missing = () => client.GetModelAsync("nobody", none);
        var refusal = await Record.ExceptionAsync(missing);

        Assert.Equal(3, (int)answer.Predictions.Count);
        Assert.Equal(10, (int)answer.Crops);
        Assert.Equal(3, (int)models.Models.Count);
        Assert.Equal("cifar-a", (string)model.Card.Name);
        Assert.Equal("default", (string)inferred.Model_name);
        dynamic problem = refusal ?? throw new InvalidOperationException("A missing model was found.");
        Assert.Equal(404, (int)problem.StatusCode);
        Assert.Equal("There is no such model", (string)problem.Result.Title);
    }

    [Fact]
    public async Task Client_GeneratedByKiota_ReadsAnswersAndProblems()
    {
        using var folder = new TemporaryFolder();
        var generated = await GenerateByKiotaAsync(folder.Path);
        using var adapter = new HttpClientRequestAdapter(new AnonymousAuthenticationProvider(), httpClient: service.Client);
        adapter.BaseUrl = service.Address.GetLeftPart(UriPartial.Authority);
        dynamic client = Make(generated, "ServiceClient", adapter);
        var photograph = new MultipartBody();
        photograph.AddOrReplacePart("image", "image/jpeg", Pictures.Jpeg(), "photo.jpg");

        var answer = await client.V1.Classify.PostAsync(photograph, null, none);
        var models = await client.V1.Models.GetAsync(null, none);
        Func<Task> missing = () => client.V1.Models["nobody"].GetAsync(null, none);
        var refusal = await Record.ExceptionAsync(missing);

        Assert.Equal((5, 10), ((int)answer.Predictions.Count, (int)answer.Crops));
        Assert.Equal(3, (int)models.Models.Count);
        dynamic problem = refusal ?? throw new InvalidOperationException("A missing model was found.");
        Assert.Equal((404, "There is no such model"), ((int)problem.ResponseStatusCode, (string)problem.Title));
    }

    private static dynamic Make(Assembly generated, string type, params object[] arguments) =>
        Activator.CreateInstance(TypeOf(generated, type), arguments) ?? throw new InvalidOperationException($"{type} has no instance.");

    private static dynamic FromJson(Assembly generated, string type, string json) =>
        JsonSerializer.Deserialize(json, TypeOf(generated, type)) ?? throw new InvalidOperationException($"{type} is null.");

    private static Type TypeOf(Assembly generated, string type) =>
        generated.GetType($"{Namespace}.{type}") ?? throw new InvalidOperationException($"There is no generated {type}.");

    private async Task<Assembly> GenerateAsync()
    {
        var json = await service.Client.GetStringAsync("/swagger/v1/swagger.json", none);
        var document = await OpenApiDocument.FromJsonAsync(json, none);
        var settings = new CSharpClientGeneratorSettings { ClassName = "ServiceClient", UseBaseUrl = false };
        settings.CSharpGeneratorSettings.Namespace = Namespace;
        settings.CSharpGeneratorSettings.JsonLibrary = CSharpJsonLibrary.SystemTextJson;
        settings.CSharpGeneratorSettings.GenerateNullableReferenceTypes = true;
        settings.CSharpGeneratorSettings.GenerateOptionalPropertiesAsNullable = true;
        return Compile(new CSharpClientGenerator(document, settings).GenerateFile());
    }

    /// <summary>Kiota is a tool of this repository, which `dotnet tool restore` fetches.</summary>
    private async Task<Assembly> GenerateByKiotaAsync(string folder)
    {
        var offline = new Dictionary<string, string?> { ["KIOTA_OFFLINE_ENABLED"] = "true" };
        Assert.SkipWhen(
            (await Programs.RunAsync(offline, "kiota", "--version")).ExitCode != 0, "Kiota is missing. Run: dotnet tool restore");
        var document = Path.Combine(folder, "document.json");
        await File.WriteAllTextAsync(document, await service.Client.GetStringAsync("/swagger/v1/swagger.json", none), none);

        var generation = await Programs.RunAsync(
            offline, "kiota", "generate", "--language", "CSharp", "--openapi", document, "--output", Path.Combine(folder, Namespace),
            "--class-name", "ServiceClient", "--namespace-name", Namespace, "--exclude-backward-compatible");

        Assert.True(generation.ExitCode == 0, generation.Output + generation.Error);
        return Compile([.. Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories).Select(File.ReadAllText)]);
    }

    private Assembly Compile(params string[] code)
    {
        var references = $"{AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")}".Split(Path.PathSeparator)
            .Select(path => MetadataReference.CreateFromFile(path));
        var compilation = CSharpCompilation.Create(
            Namespace,
            code.Select(text => CSharpSyntaxTree.ParseText(text, cancellationToken: none)),
            references,
            new CSharpCompilationOptions(
                OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
        using var assembly = new MemoryStream();
        var result = compilation.Emit(assembly, cancellationToken: none);
        Assert.True(result.Success, string.Join('\n', result.Diagnostics.Where(each => each.Severity == DiagnosticSeverity.Error)));
        return Assembly.Load(assembly.ToArray());
    }
}
