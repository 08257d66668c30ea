using System.Reflection;
using System.Text.Json;
using AlexNetService.Api.FunctionalTests.Hosting;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using NJsonSchema.CodeGeneration.CSharp;
using NSwag;
using NSwag.CodeGeneration.CSharp;

namespace AlexNetService.Api.FunctionalTests.Pages;

/// <summary>A client that NSwag generates from the OpenAPI document compiles, and talks to the service.</summary>
public sealed class GeneratedClientTests(SharedService service)
{
    private const string Namespace = "Generated";

    private readonly CancellationToken none = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Client_GeneratedFromTheDocument_ReadsAnswersAndProblems()
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
        var code = new CSharpClientGenerator(document, settings).GenerateFile();

        var references = $"{AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")}".Split(Path.PathSeparator)
            .Select(path => MetadataReference.CreateFromFile(path));
        var compilation = CSharpCompilation.Create(
            Namespace,
            [CSharpSyntaxTree.ParseText(code, cancellationToken: none)],
            references,
            new CSharpCompilationOptions(
                OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
        using var assembly = new MemoryStream();
        var result = compilation.Emit(assembly, cancellationToken: none);
        Assert.True(result.Success, string.Join('\n', result.Diagnostics.Where(each => each.Severity == DiagnosticSeverity.Error)));
        return Assembly.Load(assembly.ToArray());
    }
}
