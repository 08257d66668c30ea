using System.Text;
using AlexNetService.Api.FunctionalTests.Hosting;
using AlexNetService.Api.FunctionalTests.OpenInference;
using AlexNetService.Tests.Shared;
using CsCheck;

namespace AlexNetService.Api.FunctionalTests.Fuzz;

/// <summary>A valid request with random changes.</summary>
/// <param name="Method">HTTP method.</param>
/// <param name="Address">Path and query.</param>
/// <param name="Headers">Headers, not validated.</param>
/// <param name="Body">Bytes of the body; may be empty.</param>
internal sealed record MutatedRequest(string Method, string Address, IReadOnlyList<(string Name, string Value)> Headers, byte[] Body)
{
    private const string Boundary = "a-boundary";
    private const string PictureTensor = """{"name":"image","datatype":"BYTES","shape":[1]""";
    private const string CropTensor = """{"name":"image","datatype":"UINT8","shape":[1,3,28,28]""";

    private const string Batch = "/v1/classify/batch";
    private const string Explain = "/v1/explain";

    // Replaced by a valid query for the route.
    private const string Valid = "?valid";

    // A coarse grid of 9 places keeps the map cheap.
    private const string ExplainQuery = "?models=cifar-a&crops=1&window=16&stride=8";

    private static readonly string[] PictureRoutes = ["/v1/classify", Batch, "/v1/features", Explain];

    private static readonly string[] TensorRoutes = ["/v2/models/cifar-a/infer", "/v2/models/cifar-a/versions/1/infer"];
    private static readonly string[] RepositoryRoutes =
        ["/v2/repository/index", "/v2/repository/models/nobody/load", "/v2/repository/models/nobody/unload"];

    private static readonly string[] Pages =
    [
        "/", "/v1/models", "/v1/models/cifar-a", "/v1/models/cifar-a/filters.png", "/health/ready", "/health/live", "/metrics",
        "/problems/not-found",
        "/swagger/v1/swagger.json", "/v2", "/v2/health/ready", "/v2/models/cifar-a", "/v2/models/cifar-a/ready",
        "/v2/models/cifar-a/config",
        "/v2/models/cifar-a/stats",
    ];

    private static readonly string[] Queries =
    [
        "", "?crops=1&models=cifar-a", "?crops=1", "?models=seven&detail=true&crops=1", "?top=3&crops=10", "?top=&crops=", "?models=,",
        "?detail=2", "?views=1", "?views=2", "?top=2147483648",
    ];

    private static readonly byte[][] Bodies =
    [
        .. new[] { ".jpg", ".jpg[interlace=true]", ".png", ".png[palette=true]", ".gif", ".webp", ".webp[lossless=true]", ".tif",
            ".tif[compression=lzw]", ".tif[compression=jpeg]" }
            .Select((suffix, seed) => Pictures.Encode(seed + 1, suffix)),
    ];

    /// <summary>JSON, and JSON followed by bytes, whose start a header gives.</summary>
    private static readonly Tensors[] TensorBodies =
    [
        Tensors.Json(
            $$"""{"parameters":{"crops":1},"inputs":[{{PictureTensor}},"data":["{{Convert.ToBase64String(Pictures.Jpeg())}}"]}]}"""),
        Tensors.Json(
            $$"""{"inputs":[{{CropTensor}},"data":[{{string.Join(',', TensorRequests.Crops(1))}}]}],"outputs":[{"name":"logits"}]}"""),
        Tensors.Binary(PictureTensor, TensorRequests.Prefixed(Pictures.Jpeg())),
        Tensors.Binary(CropTensor, TensorRequests.Crops(1)),
    ];

    private static readonly string[] Types =
    [
        "image/jpeg", "image/png", "application/octet-stream", "application/json", "text/plain", "image/*", "multipart/form-data", ";", "",
    ];

    private static readonly (string Name, string Value)[] Extras =
    [
        ("Accept", "image/png"), ("Accept", "*/*;q=2,,"), ("Accept-Encoding", "br;q=x"), ("Content-Encoding", "gzip"),
        ("traceparent", "00-zz"),
        ("Inference-Header-Content-Length", "10"), ("Inference-Header-Content-Length", "-1"), ("X-Api-Key", "nobody's"),
        ("If-None-Match", "*, \""),
        ("Range", "bytes=-1-"), ("X-Forwarded-For", "not an address"), ("Cookie", "a=b; ;"), ("Origin", "null"), ("Expect", "200-ok"),
    ];

    private static readonly Gen<Mutation> GenMutation = Gen.Select(
        Gen.Enum<MutationKind>(), Gen.Double[0, 1], Gen.Byte, (kind, place, value) => new Mutation(kind, place, value));

    private static readonly Gen<string> GenText = Gen.OneOf(Gen.String[Gen.Char.AlphaNumeric, 0, 8], Gen.String[0, 8]);

    private static readonly Gen<(string, string)[]> GenExtras = One(Extras).Array[0, 3];

    /// <summary>Posts of pictures, raw or as a form, and of tensors, all with random changes, and reads of odd addresses.</summary>
    public static Gen<MutatedRequest> Any { get; } = Gen.Frequency((6, Posts()), (2, Inferences()), (2, Reads()));

    /// <summary>Addresses that many requests reach unchanged.</summary>
    public static IEnumerable<string> Usual => [.. PictureRoutes, .. TensorRoutes, .. Pages];

    /// <summary>The address without query.</summary>
    public string Path => Address.Split('?', 2)[0];

    /// <param name="service">Scheme, host and port, also for an address such as <c>//x</c>.</param>
    public HttpRequestMessage Message(Uri service)
    {
        var message = new HttpRequestMessage(new HttpMethod(Method), service.GetLeftPart(UriPartial.Authority) + Address);
        if (Method == "POST")
        {
            message.Content = new ByteArrayContent(Body);
        }

        foreach (var (name, value) in Headers)
        {
            if (!message.Headers.TryAddWithoutValidation(name, value))
            {
                message.Content?.Headers.TryAddWithoutValidation(name, value);
            }
        }

        return message;
    }

    /// <summary>The request in a form that can be sent again by hand.</summary>
    public override string ToString() =>
        $"{Method} {Address} {string.Join(" | ", Headers.Select(header => $"{header.Name}: {header.Value}"))} "
        + Convert.ToBase64String(Body);

    private static Gen<T> One<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static Gen<MutatedRequest> Posts() => Gen.Select(
        One(PictureRoutes),
        Gen.Frequency(
            (5, Gen.Const(Valid)), (4, One(Queries)), (1, GenText.Select(text => $"?models={Uri.EscapeDataString(text)}&crops=1"))),
        One(Bodies),
        GenMutation.Array[0, 4],
        Gen.Bool,
        GenMutation.Array[0, 2],
        Gen.Frequency((6, Gen.Const("image/jpeg")), (1, One(Types))),
        GenExtras,
        (route, query, body, changes, form, formChanges, type, extras) =>
        {
            var changed = Mutation.Apply(body, changes);
            return new MutatedRequest(
                "POST",
                route + (query != Valid ? query : route == Explain ? ExplainQuery : "?crops=1&models=cifar-a"),
                [("Content-Type", form ? $"multipart/form-data; boundary={Boundary}" : type), .. extras],
                form ? Mutation.Apply(Form(changed, route), formChanges) : changed);
        });

    private static Gen<MutatedRequest> Inferences() => Gen.Select(
        Gen.Frequency((5, One(TensorRoutes)), (1, One(RepositoryRoutes))),
        One(TensorBodies),
        GenMutation.Array[0, 3],
        Gen.Frequency((8, Gen.Const(0)), (1, Gen.Int[-20, 20])),
        GenExtras,
        (route, tensors, changes, moved, extras) => new MutatedRequest(
            "POST", route, [.. tensors.Headers(moved), .. extras], Mutation.Apply(tensors.Body, changes)));

    private static Gen<MutatedRequest> Reads() => Gen.Select(
        Gen.Frequency((3, Gen.Const("GET")), (2, One("HEAD", "OPTIONS", "DELETE", "PUT", "ODD"))),
        One([.. Pages, .. PictureRoutes, .. TensorRoutes, .. RepositoryRoutes]),
        Gen.Bool,
        Gen.Bool,
        GenText,
        GenExtras,
        (method, page, below, query, text, extras) => new MutatedRequest(
            method,
            page + (below ? $"/{Uri.EscapeDataString(text)}" : "") + (query ? $"?{Uri.EscapeDataString(text)}={page}" : ""),
            extras,
            []));

    private static byte[] Form(byte[] picture, string route)
    {
        var field = route == Batch ? "images" : "image";
        return
        [
            .. Encoding.ASCII.GetBytes($"--{Boundary}\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"a.jpg\"\r\n"
                + "Content-Type: image/jpeg\r\n\r\n"),
            .. picture,
            .. Encoding.ASCII.GetBytes($"\r\n--{Boundary}--\r\n"),
        ];
    }
}
