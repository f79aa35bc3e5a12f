"""The rule of Kubernetes' own schemas: no unknown field, no wrong type, in the oldest and the newest version."""

import kubernetes_validate

# docs/operating.md names the oldest.
VERSIONS = ["1.30", "1.37"]


def follows_the_schema(manifests):
    for version in VERSIONS:
        for document in manifests.documents:
            try:
                kubernetes_validate.validate(document, version, strict=True)
            except kubernetes_validate.ValidationError as error:
                where = ".".join(str(step) for step in error.absolute_path)
                name = f"{document['kind']}/{document['metadata']['name']}"
                yield f"{name}, Kubernetes {version}: {where}: {error.message.splitlines()[0][:200]}"


RULES = [follows_the_schema]
