using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;

namespace AlexNetService.Client;

/// <summary>
/// Calls AlexNetService by REST. All methods throw <see cref="AlexNetException"/> where the service refuses a request or fails, and
/// <see cref="HttpRequestException"/> where it cannot be reached. For any number of threads.
/// </summary>
/// <param name="http">With the service's address as its base address; see also <see cref="AlexNetClientSetup"/>.</param>
public sealed class AlexNetClient(HttpClient http)
{
    /// <summary>Classifies a photograph: the most probable classes.</summary>
    public async Task<Classification> ClassifyAsync(
        Photograph photograph, ClassifyOptions? options = null, CancellationToken cancellation = default) =>
        await PostAsync<Classification>($"v1/classify{Query(options)}", await photograph.ReadAsync(cancellation), cancellation);

    /// <summary>Classifies several photographs in one request. Each has an answer or an error of its own.</summary>
    public async Task<BatchClassification> ClassifyAsync(
        IEnumerable<Photograph> photographs, ClassifyOptions? options = null, CancellationToken cancellation = default)
    {
        var form = new MultipartFormDataContent();
        foreach (var (place, photograph) in photographs.Index())
        {
            form.Add(await photograph.ReadAsync(cancellation), "images", photograph.Name ?? $"images[{place}]");
        }

        return await PostAsync<BatchClassification>($"v1/classify/batch{Query(options)}", form, cancellation);
    }

    /// <summary>
    /// The features of a photograph by one model: photographs of similar things have vectors that point in similar directions.
    /// </summary>
    /// <param name="photograph">The photograph.</param>
    /// <param name="model">The model's name; null for the first that answers by default.</param>
    /// <param name="crops">Crops to average, 1 or 10; null for the service's default.</param>
    /// <param name="normalise">Whether to scale the vector to length 1.</param>
    /// <param name="cancellation">Cancels the request.</param>
    public async Task<FeatureVector> FeaturesAsync(
        Photograph photograph, string? model = null, int? crops = null, bool normalise = false, CancellationToken cancellation = default)
    {
        var query = Query(("models", model), ("crops", crops), ("normalise", normalise ? "true" : null));
        return await PostAsync<FeatureVector>($"v1/features{query}", await photograph.ReadAsync(cancellation), cancellation);
    }

    /// <summary>Measures how much a class depends on each part of a photograph.</summary>
    public async Task<Explanation> ExplainAsync(
        Photograph photograph, ExplainOptions? options = null, CancellationToken cancellation = default)
    {
        var wanted = options ?? new ExplainOptions();
        var query = Query(
            ("class", wanted.Class), ("crops", wanted.Crops), ("models", Names(wanted.Models)), ("window", wanted.Window),
            ("stride", wanted.Stride), ("overlay", "true"));
        return await PostAsync<Explanation>($"v1/explain{query}", await photograph.ReadAsync(cancellation), cancellation);
    }

    /// <summary>The models and ensembles that the service serves.</summary>
    public async Task<ServedModels> ModelsAsync(CancellationToken cancellation = default) =>
        await SendAsync<ServedModels>(new HttpRequestMessage(HttpMethod.Get, "v1/models"), cancellation);

    private static string Query(ClassifyOptions? options) => options is null ? "" : Query(
        ("top", options.Top), ("crops", options.Crops), ("models", Names(options.Models)), ("detail", options.Detail ? "true" : null),
        ("minConfidence", options.MinConfidence));

    private static string Query(params (string Name, object? Value)[] values)
    {
        var given = values.Where(value => value.Value is not null).Select(value =>
            $"{value.Name}={Uri.EscapeDataString(Convert.ToString(value.Value, CultureInfo.InvariantCulture) ?? "")}");
        return string.Join('&', given) is { Length: > 0 } query ? $"?{query}" : "";
    }

    private static string? Names(IReadOnlyList<string> names) => names.Count == 0 ? null : string.Join(',', names);

    private Task<T> PostAsync<T>(string address, HttpContent content, CancellationToken cancellation) =>
        SendAsync<T>(new HttpRequestMessage(HttpMethod.Post, address) { Content = content }, cancellation);

    private async Task<T> SendAsync<T>(HttpRequestMessage message, CancellationToken cancellation)
    {
        using var request = message;
        request.Headers.Accept.Add(new("application/json"));
        using var response = await http.SendAsync(request, cancellation);
        if (!response.IsSuccessStatusCode)
        {
            throw await ProblemAsync(response, cancellation);
        }

        return await response.Content.ReadFromJsonAsync<T>(JsonSerializerOptions.Web, cancellation)
            ?? throw new JsonException($"{request.RequestUri} answered null.");
    }

    private static async Task<AlexNetException> ProblemAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        var status = (int)response.StatusCode;
        var problem = new ServiceProblem(status, response.ReasonPhrase, Detail: null, Type: null, TraceId: null);
        if (response.Content.Headers.ContentType?.MediaType is "application/problem+json" or "application/json")
        {
            problem = await response.Content.ReadFromJsonAsync<ServiceProblem>(JsonSerializerOptions.Web, cancellation) ?? problem;
        }

        return new AlexNetException(problem with { Status = status }, response.Headers.RetryAfter?.Delta);
    }
}
