using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using AlexNetService.Api.FunctionalTests.Hosting;

namespace AlexNetService.Api.FunctionalTests.OpenInference;

/// <summary>
/// Requests as NVIDIA's tritonclient.http sends them: without Content-Type, with the length of the JSON in a header if bytes follow, and
/// without a slash at the end of the path.
/// </summary>
internal static class TensorRequests
{
    /// <summary>Side and bytes of the test packages' crops.</summary>
    public const int Side = 28;
    public const int CropBytes = 3 * Side * Side;

    /// <summary>Crops with random pixels.</summary>
    public static byte[] Crops(int count, int seed = 1)
    {
        var crops = new byte[count * CropBytes];
        new Random(seed).NextBytes(crops);
        return crops;
    }

    /// <summary>Elements, each after its length.</summary>
    public static byte[] Prefixed(params byte[][] elements) => [.. elements.SelectMany(element =>
    {
        var length = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(length, (uint)element.Length);
        return length.Concat(element);
    })];

    public static ByteArrayContent Binary(string json, byte[] bytes)
    {
        byte[] header = Encoding.UTF8.GetBytes(json);
        var content = new ByteArrayContent([.. header, .. bytes]);
        content.Headers.Add("Inference-Header-Content-Length", header.Length.ToString(CultureInfo.InvariantCulture));
        return content;
    }

    public static ByteArrayContent Json(string json) => new(Encoding.UTF8.GetBytes(json));

    /// <summary>Crops as tritonclient sends a numpy array, all outputs in binary.</summary>
    public static ByteArrayContent BinaryCrops(byte[] crops) => BinaryCrops(
        crops, ""","outputs":[{"name":"probabilities"},{"name":"logits"},{"name":"features"}]""");

    /// <summary>Crops as tritonclient sends a numpy array, in binary both ways.</summary>
    /// <param name="crops">The pixels.</param>
    /// <param name="more">Further members of the request, each after a comma.</param>
    public static ByteArrayContent BinaryCrops(byte[] crops, string more) => Binary(
        $$$"""{"inputs":[{"name":"image","shape":[{{{crops.Length / CropBytes}}},3,{{{Side}}},{{{Side}}}]"""
        + $$$""","datatype":"UINT8","parameters":{"binary_data_size":{{{crops.Length}}}}}]"""
        + $$$""","parameters":{"binary_data_output":true}{{{more}}}}""",
        crops);

    public static async Task<InferReply> InferAsync(this HttpClient client, string model, HttpContent content)
    {
        using var response = await client.PostAsync($"v2/models/{model}/infer", content, TestContext.Current.CancellationToken);
        var body = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        Assert.True(response.StatusCode == HttpStatusCode.OK, Encoding.UTF8.GetString(body));
        return InferReply.Of(response, body);
    }

    /// <summary>Asserts an error of the protocol.</summary>
    /// <returns>Its message.</returns>
    public static async Task<string> ErrorAsync(this HttpResponseMessage response, HttpStatusCode status)
    {
        var error = await response.JsonAsync();
        Assert.Equal((status, "application/json"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        Assert.Equal("error", Assert.Single(error.AsObject()).Key);
        var sentence = Requests.Text(error, "error");
        Assert.EndsWith(".", sentence, StringComparison.Ordinal);
        return sentence;
    }

    public static async Task<string> InferErrorAsync(
        this HttpClient client, HttpStatusCode status, HttpContent content, string model = "cifar-a")
    {
        using var response = await client.PostAsync($"v2/models/{model}/infer", content, TestContext.Current.CancellationToken);
        return await response.ErrorAsync(status);
    }
}

/// <summary>An answer, split as tritonclient splits it.</summary>
/// <param name="Json">Its JSON.</param>
/// <param name="Bytes">The bytes of each binary tensor.</param>
internal sealed record InferReply(JsonNode Json, IReadOnlyDictionary<string, byte[]> Bytes)
{
    public static InferReply Of(HttpResponseMessage response, byte[] body)
    {
        var isBinary = response.Headers.TryGetValues("Inference-Header-Content-Length", out var lengths);
        var header = isBinary ? int.Parse(lengths?.Single() ?? "", CultureInfo.InvariantCulture) : body.Length;
        Assert.Equal(isBinary ? "application/octet-stream" : "application/json", response.Content.Headers.ContentType?.MediaType);
        var json = JsonNode.Parse(body.AsSpan(0, header)) ?? throw new InvalidOperationException("The answer is null.");
        var bytes = new Dictionary<string, byte[]>();
        foreach (var output in Requests.List(json, "outputs"))
        {
            if (output["parameters"]?["binary_data_size"]?.GetValue<int>() is { } size)
            {
                bytes[Requests.Text(output, "name")] = body[header..(header + size)];
                header += size;
            }
        }

        Assert.Equal(body.Length, header);
        return new InferReply(json, bytes);
    }

    public JsonNode Output(string name) => Requests.List(Json, "outputs").Single(output => Requests.Text(output, "name") == name);

    public int[] Shape(string name) => [.. Requests.List(Output(name), "shape").Select(dimension => dimension.GetValue<int>())];

    public float[] Floats(string name)
    {
        if (!Bytes.TryGetValue(name, out var bytes))
        {
            return [.. Requests.List(Output(name), "data").Select(value => value.GetValue<float>())];
        }

        return [.. Enumerable.Range(0, bytes.Length / sizeof(float)).Select(
            i => BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(i * sizeof(float))))];
    }
}
