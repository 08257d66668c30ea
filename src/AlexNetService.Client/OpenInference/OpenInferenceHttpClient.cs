using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace AlexNetService.Client.OpenInference;

/// <summary>
/// The Open Inference Protocol by REST. Methods throw <see cref="HttpRequestException"/> with the server's error and status where it
/// refuses a request or cannot be reached.
/// </summary>
/// <param name="http">With the server's address, and a slash at its end, as its base address.</param>
public sealed class OpenInferenceHttpClient(HttpClient http) : OpenInferenceClient
{
    // Of the binary tensor extension: the length of the JSON before the tensors.
    private const string JsonLength = "Inference-Header-Content-Length";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <inheritdoc/>
    public override async Task<bool> IsReadyAsync(string? model = null, CancellationToken cancellation = default)
    {
        using var response = await http.GetAsync(model is null ? "v2/health/ready" : $"{Path(model)}/ready", cancellation);
        return response.IsSuccessStatusCode;
    }

    /// <inheritdoc/>
    public override async Task<ModelTensors> TensorsAsync(string model, CancellationToken cancellation = default)
    {
        using var response = await http.GetAsync(Path(model), cancellation);
        await RequireSuccessAsync(response, cancellation);
        return await response.Content.ReadFromJsonAsync<ModelTensors>(Json, cancellation) ?? throw NoAnswer(model);
    }

    /// <inheritdoc/>
    public override async Task<IReadOnlyList<NamedTensor>> InferAsync(
        string model, IReadOnlyList<NamedTensor> inputs, IReadOnlyList<string>? outputs = null, CancellationToken cancellation = default)
    {
        var head = JsonSerializer.SerializeToUtf8Bytes(
            new Request(
                [.. inputs.Select(input => new JsonTensor(input.Name, input.DataType, input.Shape, new Binary(input.Data.Length)))],
                outputs is { Count: > 0 } ? [.. outputs.Select(name => new WantedOutput(name, new WantedForm(BinaryData: true)))] : null,
                new RequestForm(BinaryDataOutput: true)),
            Json);
        using var body = new MemoryStream();
        body.Write(head);
        foreach (var input in inputs)
        {
            body.Write(input.Data.Span);
        }

        using var content = new ByteArrayContent(body.ToArray());
        content.Headers.ContentType = new("application/octet-stream");
        content.Headers.Add(JsonLength, head.Length.ToString(CultureInfo.InvariantCulture));
        using var response = await http.PostAsync($"{Path(model)}/infer", content, cancellation);
        await RequireSuccessAsync(response, cancellation);
        var answer = await response.Content.ReadAsByteArrayAsync(cancellation);
        var length = response.Headers.TryGetValues(JsonLength, out var values)
            ? int.Parse(values.First(), CultureInfo.InvariantCulture)
            : answer.Length;
        var tensors = JsonSerializer.Deserialize<Response>(answer.AsSpan(0, length), Json)?.Outputs ?? throw NoAnswer(model);
        var read = new List<NamedTensor>(tensors.Count);
        for (var (i, begin) = (0, length); i < tensors.Count; i++)
        {
            var tensor = tensors[i];
            var bytes = tensor.Parameters?.BinaryDataSize ?? throw new HttpRequestException(
                $"'{model}' answered '{tensor.Name}' as JSON: the server lacks the binary tensor extension.");
            read.Add(new NamedTensor(tensor.Name, tensor.Datatype, tensor.Shape, answer.AsMemory(begin, bytes)));
            begin += bytes;
        }

        return read;
    }

    private static string Path(string model) => $"v2/models/{Uri.EscapeDataString(model)}";

    private static async Task RequireSuccessAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        if (response.IsSuccessStatusCode)
        {
            return;
        }

        var text = await response.Content.ReadAsStringAsync(cancellation);
        try
        {
            text = JsonSerializer.Deserialize<Failure>(text, Json)?.Error ?? text;
        }
        catch (JsonException)
        {
            // Something between client and server answered: its own words say more than none.
        }

        throw new HttpRequestException($"{(int)response.StatusCode} {response.ReasonPhrase}: {text}", inner: null, response.StatusCode);
    }

    private static HttpRequestException NoAnswer(string model) =>
        new($"The answer of '{model}' is empty.", inner: null, HttpStatusCode.OK);

    private sealed record Request(IReadOnlyList<JsonTensor> Inputs, IReadOnlyList<WantedOutput>? Outputs, RequestForm Parameters);

    private sealed record RequestForm([property: JsonPropertyName("binary_data_output")] bool BinaryDataOutput);

    private sealed record WantedOutput(string Name, WantedForm Parameters);

    private sealed record WantedForm([property: JsonPropertyName("binary_data")] bool BinaryData);

    private sealed record Response(IReadOnlyList<JsonTensor> Outputs);

    private sealed record JsonTensor(string Name, string Datatype, IReadOnlyList<long> Shape, Binary? Parameters);

    private sealed record Binary([property: JsonPropertyName("binary_data_size")] int? BinaryDataSize);

    private sealed record Failure(string? Error);
}
