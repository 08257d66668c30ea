using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using AlexNetService.Api.Problems;

namespace AlexNetService.Api.FunctionalTests.Hosting;

/// <summary>Requests as clients send them, and the answers as JSON.</summary>
internal static class Requests
{
    public static ByteArrayContent Raw(byte[] bytes, string? type = "image/jpeg")
    {
        var content = new ByteArrayContent(bytes);
        content.Headers.ContentType = type is null ? null : MediaTypeHeaderValue.Parse(type);
        return content;
    }

    public static MultipartFormDataContent Form(byte[] bytes, string field = "image", string type = "image/jpeg") =>
        new() { { Raw(bytes, type), field, "photo.jpg" } };

    /// <summary>Posts a photograph with an Accept header.</summary>
    public static async Task<HttpResponseMessage> SendPictureAsync(this HttpClient client, string path, string accept)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = Raw(Pictures.Jpeg()) };
        request.Headers.Accept.ParseAdd(accept);
        return await client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    /// <summary>A route for one photograph refuses unknown models, invalid forms and invalid bytes like a classification.</summary>
    public static async Task RefusesInvalidRequestsAsync(this HttpClient client, string route)
    {
        await client.RefusedAsync(HttpStatusCode.NotFound, Raw(Pictures.Jpeg()), "?models=nobody", route);
        await client.RefusedAsync(HttpStatusCode.BadRequest, Form(Pictures.Jpeg(), "picture"), route: route);
        await client.RefusedAsync(HttpStatusCode.UnsupportedMediaType, Raw(Pictures.Jpeg(), "text/plain"), route: route);
        await client.RefusedAsync(HttpStatusCode.UnprocessableEntity, Raw(Pictures.TruncatedJpeg()), route: route);
        await client.RefusedAsync(HttpStatusCode.RequestEntityTooLarge, Raw(new byte[20_000_001]), route: route);
    }

    public static async Task<JsonNode> ClassifyAsync(this HttpClient client, string query = "", HttpContent? content = null)
    {
        using var response = await client.PostAsync(
            "/v1/classify" + query, content ?? Raw(Pictures.Jpeg()), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.JsonAsync();
    }

    public static async Task<JsonNode> JsonAsync(this HttpResponseMessage response) =>
        await response.Content.ReadFromJsonAsync<JsonNode>(TestContext.Current.CancellationToken)
        ?? throw new InvalidOperationException("The answer is empty.");

    /// <summary>Posts, and asserts a problem with a status and a remedy.</summary>
    /// <returns>The problem's detail.</returns>
    public static async Task<string> RefusedAsync(
        this HttpClient client, HttpStatusCode status, HttpContent content, string query = "", string route = "/v1/classify")
    {
        using var response = await client.PostAsync(route + query, content, TestContext.Current.CancellationToken);
        return await response.ProblemAsync(status);
    }

    public static async Task<string> ProblemAsync(this HttpResponseMessage response, HttpStatusCode status)
    {
        var problem = await response.JsonAsync();
        Assert.Equal((status, "application/problem+json"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        Assert.Equal((int)status, Number<int>(problem, "status"));
        Assert.NotEmpty(Text(problem, "title"));
        Assert.NotEmpty(Text(problem, "traceId"));
        Assert.StartsWith($"{ProblemKinds.Path}/", Text(problem, "type"), StringComparison.Ordinal);
        Assert.Contains($"{(int)status}", Explanation(Text(problem, "type")).Split('.')[0], StringComparison.Ordinal);
        var detail = Text(problem, "detail");
        Assert.EndsWith(".", detail, StringComparison.Ordinal);
        return detail;
    }

    /// <summary>The explanation of a type, which begins with its statuses.</summary>
    private static string Explanation(string type) => ProblemKinds.ByName[type[(ProblemKinds.Path.Length + 1)..]].Explanation;

    public static IReadOnlyList<JsonNode> List(JsonNode node, string name) =>
        [.. node[name]?.AsArray().OfType<JsonNode>() ?? throw new InvalidOperationException($"There is no list {name}.")];

    public static string Text(JsonNode node, string name) => Value(node, name).GetValue<string>();

    public static T Number<T>(JsonNode node, string name) => Value(node, name).GetValue<T>();

    public static JsonNode Value(JsonNode node, string name) =>
        node[name] ?? throw new InvalidOperationException($"There is no {name} in {node.ToJsonString()}.");

    /// <summary>The probability of each class, by index.</summary>
    public static float[] Probabilities(JsonNode answer) =>
    [
        .. List(answer, "predictions")
            .OrderBy(prediction => Number<int>(prediction, "index"))
            .Select(prediction => Number<float>(prediction, "probability")),
    ];
}
